"""The pages of the HTML report, as files and in a browser."""
