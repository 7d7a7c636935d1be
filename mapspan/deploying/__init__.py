"""Commands that deploy: bootstrap, deploy and drift; the saved plan, and terraform itself."""
