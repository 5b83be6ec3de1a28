# The verbs of the project. Each is one call of tools/bootstrap.py, which needs nothing but Python 3.11+.
PYTHON ?= python3
.PHONY: demo test lint docs bench lock screens

demo:  ## install and run the product with demo data
	$(PYTHON) tools/bootstrap.py demo
test:  ## install and run every test and check
	$(PYTHON) tools/bootstrap.py test
lint:  ## style, types, floors, house checks
	$(PYTHON) tools/bootstrap.py lint
docs:  ## build the documentation site into site/
	$(PYTHON) tools/bootstrap.py docs
bench:  ## run every benchmark in its small size
	$(PYTHON) tools/bootstrap.py bench
screens:  ## take the screenshots of docs/screens
	$(PYTHON) tools/bootstrap.py screens
lock:  ## renew the hashed locks
	$(PYTHON) tools/bootstrap.py lock
