"""The whole on one machine with Docker: the compose file, its image, its secrets, and what is checked of them without Docker."""
