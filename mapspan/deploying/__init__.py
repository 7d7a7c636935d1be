"""Commands that prepare, review and apply a deployment: bootstrap, deploy, drift, and terraform itself."""
