"""The study of the project, and its modules beside these."""
