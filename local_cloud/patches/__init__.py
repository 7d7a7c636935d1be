"""What differs between MiniStack and AWS, corrected. Each patch replaces functions of MiniStack by name."""
