# Two commands do everything on a fresh Debian or Ubuntu machine: `make demo` and `make test`.
#
#   make demo                                 the digits example on an emulated stm32f746
#   make demo MODEL=my.tflite BOARD=nrf52840  your own model, with random inputs
#   make test                                 the tests; `make slow` the minutes-long ones
#   make analyze                              clang's static analyzer and cppcheck over the C
#   make lint                                 every style and type check; `make format` mends style
#   make results MODELS=folder                measure models on boards into README's tables;
#                                             results-sram, results-boards: the memory tables only
#   make results-quantize MODELS=folder       quantize float networks beside other quantizers
#   make figures                              measure what the tests hold models to, anew
#   make bench-compile                        what compiling costs, for graphs of 10 to 10,000 operators
#   make clean                                remove what these made; `make distclean` .venv too

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEVELOPMENT := $(VENV)/.development
BOARD ?= stm32f746
MODEL ?=
MODELS ?= examples/digits
PYTEST_WORKERS ?= 2
C_FILES := find runtime_c tinyengine -name '*.[ch]' -print0 | xargs -0

.PHONY: setup demo test slow analyze lint format results figures bench-compile clean distclean
.PHONY: results-speed results-sram results-boards results-quantize
.DEFAULT_GOAL := demo

setup: $(STAMP)

$(STAMP): pyproject.toml .ci/setup
	@.ci/setup $(VENV)

# What only works on it needs all of the tools: without them set-up says what to install.
$(DEVELOPMENT): pyproject.toml .ci/setup
	@.ci/setup $(VENV) development

demo: $(STAMP)
	@$(BIN)/python examples/digits/demo.py --board "$(BOARD)" $(if $(MODEL),--model "$(MODEL)")

test: $(DEVELOPMENT)
	$(BIN)/pytest -n $(PYTEST_WORKERS) -m "not slow"

slow: $(DEVELOPMENT)
	$(BIN)/pytest -n $(PYTEST_WORKERS) -m slow

analyze: $(DEVELOPMENT)
	$(BIN)/python .ci/analyze.py

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(C_FILES) clang-format --dry-run -Werror

format: $(DEVELOPMENT)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(C_FILES) clang-format -i

results: $(STAMP) results-speed results-sram results-boards

results-speed results-sram results-boards: results-%: $(STAMP)
	$(BIN)/python examples/results.py "$(MODELS)" --table $* --readme README.md

results-quantize: $(DEVELOPMENT)
	$(BIN)/pip install -q -r tests/models/quantizers.txt
	$(BIN)/python -m tests.models.quantizers "$(MODELS)" --readme README.md

bench-compile: $(DEVELOPMENT)
	$(BIN)/python -m tests.models.bench_compile

figures: $(DEVELOPMENT)
	$(BIN)/python -m tests.models.figures

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
