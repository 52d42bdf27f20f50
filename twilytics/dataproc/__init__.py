"""Refinement as serverless batches of Google's Dataproc: what is submitted, waiting for it, and what came of it."""
