"""`python -m deployments.checks`: one line a problem, and 1 where there is any."""

import sys

import yaml

from deployments import costs
from deployments.checks import compose, dockerfile, gcp, provisioning
from deployments.checks.read import ROOT


def main() -> int:
    deployments = ROOT / "deployments"
    try:
        told = [
            *(f"deployments/compose.yaml: {problem}" for problem in compose.problems(deployments / "compose.yaml")),
            *(f"deployments/Dockerfile: {problem}" for problem in dockerfile.problems(deployments / "Dockerfile", ROOT)),
            *(f"deployments/gcp/{problem}" for problem in gcp.problems(deployments / "gcp")),
            *(f"deployments/gcp/README.md: {problem}" for problem in costs.problems()),
            *(f"grafana/{problem}" for problem in provisioning.problems(ROOT / "grafana", deployments / "compose.yaml")),
        ]
    except yaml.YAMLError as error:
        told = [f"no YAML: {' '.join(str(error).split())}"]
    sys.stdout.writelines(f"{line}\n" for line in told)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
