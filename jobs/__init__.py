"""The refinement as programs: run in process, by ``spark-submit``, or as a batch on a cluster, without Prefect."""
