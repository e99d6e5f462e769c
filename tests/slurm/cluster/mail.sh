#!/usr/bin/env bash
# In place of SLURM's mail program: add a line to a file, mail.sh -s SUBJECT ADDRESS. SLURM tells of the rest in variables.
printf '%s\t%s\n' "$3" "$2" >>"$(dirname "${BASH_SOURCE[0]}")/sent"
