figure_files = []
