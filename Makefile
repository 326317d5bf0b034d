# Two commands to begin with: make demo, make test. Each sets up what is missing first.

SHELL := /bin/bash
export PYTHON
export CHECKPOINT ?= checkpoints/tales260K.bin
export PROFILE ?= exact
export LANES ?= 64
export PROMPT ?= Once upon a time
export STEPS ?= 512
export POSITION ?= 1
export LAYER ?= 0
export SEEDS ?= 3
export DEVICE ?= 85k
export SEQ_LEN
export CLOCK
export BAUD
export CPU_RUN
export PYTEST_ARGS

# Commands run as in the activated environment.
IN_VENV := VIRTUAL_ENV="$$PWD/.venv" PATH="$$PWD/.venv/bin:$$PATH"

.PHONY: help demo test sweep area setup lint convert report bench synth fpga wave picture clean

help:
	@echo 'make demo      simulate the hardware and print a story as it produces it'
	@echo '               (PROMPT="..." STEPS=n CHECKPOINT=x.bin PROFILE=compact LANES=32)'
	@echo 'make test      run every test (PYTEST_ARGS="-k rope")'
	@echo 'make sweep     the tests that take minutes'
	@echo 'make area      the cells of a small decoder into tb/area.json, which the tests hold'
	@echo 'make convert   Verilog into rtl_out/ (CHECKPOINT=x.bin PROFILE=compact LANES=32)'
	@echo 'make report    cycles of a token, stage by stage, hardware and formula (CHECKPOINT=x.bin LANES=32)'
	@echo 'make bench     tok/s of the chip, its simulations and a program of yours, profile compact'
	@echo '               (CPU_RUN="./run x.bin -t 0 -n 64" CLOCK=110 CHECKPOINT=x.bin LANES=32)'
	@echo 'make synth     cells that Yosys needs on an ECP5, profile compact (CHECKPOINT=x.bin LANES=32)'
	@echo 'make fpga      place and route it on an ECP5, profile compact: Fmax, cells, a bitstream'
	@echo '               (CHECKPOINT=x.bin LANES=64 SEQ_LEN=n SEEDS=n DEVICE=85k CLOCK=110 BAUD=1000000)'
	@echo 'make wave      the KV cache at work as a waveform for GTKWave or Surfer, in wave_out/'
	@echo '               (POSITION=1 LAYER=0 PROMPT="..." CHECKPOINT=x.bin PROFILE=compact LANES=32)'
	@echo 'make picture   the GTKWave picture of the README, docs/kv_cache.png'
	@echo 'make lint      check the Python and the Verilog of rtl_out/'
	@echo 'make setup     install what is missing; the others do this first'
	@echo 'make clean     remove what the simulators built'

setup:
	@tools/setup.sh

demo: setup
	@$(IN_VENV) myllama run "$$CHECKPOINT" --engine rtl --profile "$$PROFILE" --lanes "$$LANES" \
		-i "$$PROMPT" -n "$$STEPS" -t 0

# Files go out in the order of tb/conftest.py, not by their number of tests.
test:
	@tools/setup.sh '[synth]'
	@$(IN_VENV) pytest tb -rs -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

sweep:
	@tools/setup.sh '[synth]'
	@$(IN_VENV) pytest tb -rs -m sweep $(PYTEST_ARGS)

area:
	@tools/setup.sh '[synth]'
	@$(IN_VENV) python tb/synth_area.py

report: setup
	@$(IN_VENV) myllama report "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES"

bench: PROFILE := $(if $(filter file,$(origin PROFILE)),compact,$(PROFILE))
bench: setup
	@$(IN_VENV) myllama bench "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES" \
		$(if $(CLOCK),--clock "$$CLOCK") $(if $(CPU_RUN),--cpu-run "$$CPU_RUN")

convert: setup
	@$(IN_VENV) myllama convert "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES" -o rtl_out

synth: PROFILE := $(if $(filter file,$(origin PROFILE)),compact,$(PROFILE))
synth:
	@tools/setup.sh '[synth]'
	@$(IN_VENV) myllama synth "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES"

fpga: PROFILE := $(if $(filter file,$(origin PROFILE)),compact,$(PROFILE))
fpga:
	@tools/setup.sh '[fpga]'
	@$(IN_VENV) myllama fpga "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES" \
		--seeds "$$SEEDS" --device "$$DEVICE" $(if $(SEQ_LEN),--seq-len "$$SEQ_LEN") \
		$(if $(CLOCK),--clock "$$CLOCK") $(if $(BAUD),--baud "$$BAUD")

# On matrices this small, OpenBLAS's threads mostly wait for each other.
wave: export OPENBLAS_NUM_THREADS ?= 1
wave: setup
	@$(IN_VENV) myllama wave "$$CHECKPOINT" --profile "$$PROFILE" --lanes "$$LANES" \
		-i "$$PROMPT" --pos "$$POSITION" --layer "$$LAYER" -o wave_out

picture: override POSITION := 1
picture: override LAYER := 0
picture: wave
	@tools/setup.sh gtkwave xvfb-run:xvfb xauth import:imagemagick
	@tools/picture.sh wave_out/pos1_layer0.vcd wave_out/pos1_layer0.gtkw docs/kv_cache.png
	@echo docs/kv_cache.png

lint: setup
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@tools/lint_verilog.sh rtl_out

clean:
	rm -rf sim_build build dist wave_out .pytest_cache .ruff_cache .hypothesis
