// C interface of the verilated decoder: Python is woken once per token.
#include "Vdecoder.h"
#include "verilated.h"

double sc_time_stamp() { return 0; }

namespace {

struct Simulation {
    VerilatedContext context;
    Vdecoder top{&context};
    const int* prompt = nullptr;
    long prompt_left = 0;
    long cycles = 0;

    void tick() {
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
        ++cycles;
    }

    void offer() {
        top.prompt_valid = prompt_left > 0;
        if (prompt_left > 0) top.prompt_data = *prompt;
        top.eval();
    }
};

}  // namespace

extern "C" {

// Memories are read from the working directory here.
Simulation* sim_new() {
    auto* s = new Simulation;
    s->top.clk = 0;
    s->top.rst = 1;
    s->top.start = 0;
    s->top.prompt_valid = 0;
    s->top.token_ready = 1;
    s->top.eval();
    s->tick();
    s->tick();
    s->top.rst = 0;
    return s;
}

void sim_delete(Simulation* s) { delete s; }

// `prompt` must live until the run ends.
void sim_start(Simulation* s, const int* prompt, long length, long steps) {
    s->top.rst = 1;
    s->tick();
    s->tick();
    s->top.rst = 0;
    s->cycles = 0;
    s->prompt = prompt;
    s->prompt_left = length;
    s->top.prompt_len = length;
    s->top.steps = steps;
    s->top.start = 1;
    s->tick();
    s->top.start = 0;
}

// The next token, -1 when the decoder is done, -2 after `limit` cycles of neither.
long sim_next(Simulation* s, long limit) {
    for (; limit > 0; --limit) {
        s->offer();
        const bool taken = s->top.prompt_valid && s->top.prompt_ready;
        const bool emitted = s->top.token_valid;
        const long token = s->top.token_data;
        const bool done = s->top.done;
        s->tick();
        if (taken) {
            ++s->prompt;
            --s->prompt_left;
        }
        if (emitted) return token;
        if (done) return -1;
    }
    return -2;
}

long sim_cycles(Simulation* s) { return s->cycles; }
long sim_status(Simulation* s) { return s->top.status; }
}
