"""What the build of a job's package reports while it runs."""

# What the line begins with that is reported before packages are installed.
INSTALLING = "Installing "
