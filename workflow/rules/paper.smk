table_files = []
