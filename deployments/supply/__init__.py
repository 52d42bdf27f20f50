"""What is shipped and by whose leave: `make licences`, `make sbom` and `make audit`."""
