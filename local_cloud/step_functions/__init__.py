"""The States API for what mapspan deploys: JSONata definitions, distributed Maps included."""
