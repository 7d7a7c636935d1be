"""Commands for a job: write a new one, try it on files or on a sample of a bucket, run the tests of all jobs."""
