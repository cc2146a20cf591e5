"""What every capability needs from GitHub, processes and files; knows no capability."""
