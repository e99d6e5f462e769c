"""Everything around a run: command line, profiles, Snakemake and its SLURM plugin, the job's allocation, the end."""
