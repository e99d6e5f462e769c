# Snakemake runs this once in the new environment, from the folder that holds this workflow.
pip install --no-deps --editable .
