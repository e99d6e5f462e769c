# As many jobs as asked for, each of which makes an empty file: what Snakemake itself costs.
rule all:
    input:
        expand("out/{number}", number=range(int(config["jobs"]))),


rule one:
    output:
        "out/{number}",
    shell:
        "touch {output}"
