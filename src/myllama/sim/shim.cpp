// C interface of the verilated decoder: Python is woken once per token.
#include <vector>

#include "Vdecoder.h"
#include "Vdecoder___024root.h"
#include "verilated.h"
#ifdef WATCH
#include "watched.h"
#endif

double sc_time_stamp() { return 0; }

namespace {

struct Simulation {
    VerilatedContext context;
    Vdecoder top{&context};
    const int* prompt = nullptr;
    long prompt_left = 0;
    long cycles = 0;
    std::vector<int> trace;  // tap, index and value of each word
    std::vector<uint32_t> watched;  // a word per cycle, if anything is watched

    void tick() {
        if (top.trace_valid) {
            trace.insert(trace.end(), {static_cast<int>(top.trace_tap),
                                       static_cast<int>(top.trace_index),
                                       static_cast<int>(top.trace_value)});
        }
#ifdef WATCH
        watched.push_back(WATCHED(top.rootp));
#endif
        top.clk = 1;
        top.eval();
        top.clk = 0;
        top.eval();
        ++cycles;
    }

    void reset() {
        top.rst = 1;
        tick();
        tick();
        top.rst = 0;
    }

    auto& keys(int way) {
#if WAYS > 1
        if (way) return top.rootp->decoder__DOT__cache__DOT__keys__DOT__memory_1__DOT__mem;
#endif
        return top.rootp->decoder__DOT__cache__DOT__keys__DOT__memory_0__DOT__mem;
    }

    auto& values(int way) {
#if WAYS > 1
        if (way) return top.rootp->decoder__DOT__cache__DOT__vals__DOT__memory_1__DOT__mem;
#endif
        return top.rootp->decoder__DOT__cache__DOT__vals__DOT__memory_0__DOT__mem;
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
    s->top.start = 0;
    s->top.prompt_valid = 0;
    s->top.token_ready = 1;
    s->top.trace_enable = 0;
    s->top.temperature = s->top.topp = s->top.seed = 0;
    s->top.eval();
    s->reset();
    return s;
}

void sim_delete(Simulation* s) { delete s; }

// The next run's trace: a layer's taps at a position, or nothing.
void sim_trace(Simulation* s, int enable, int layer, int pos) {
    s->top.trace_enable = enable;
    s->top.trace_layer = layer;
    s->top.trace_pos = pos;
}

// How the next run's tokens are chosen.
void sim_sample(Simulation* s, unsigned temperature, unsigned topp, uint64_t seed) {
    s->top.temperature = temperature;
    s->top.topp = topp;
    s->top.seed = seed;
}

// `prompt` must live until the run ends. One that did not end ends here, by a reset.
void sim_start(Simulation* s, const int* prompt, long length, long steps, long start_pos) {
    if (s->top.busy) s->reset();
    s->cycles = 0;
    s->trace.clear();
    s->watched.clear();
    s->prompt = prompt;
    s->prompt_left = length;
    s->top.prompt_len = length;
    s->top.steps = steps;
    s->top.start_pos = start_pos;
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

// After the end: lets the last words out, at most `limit`. Their count; then what they are.
long sim_traced(Simulation* s, long limit) {
    for (; limit > 0 && s->top.trace_busy; --limit) s->tick();
    return s->trace.size() / 3;
}

const int* sim_words(Simulation* s) { return s->trace.data(); }

// What was seen in each cycle since the last sim_forget, or since start; and their count.
const uint32_t* sim_watched(Simulation* s) { return s->watched.data(); }
long sim_watched_cycles(Simulation* s) { return s->watched.size(); }
void sim_forget(Simulation* s) { s->watched.clear(); }

// The KV cache's memory of each way, word after word, and the bytes of a word.
const void* sim_keys(Simulation* s, int way) { return &s->keys(way)[0]; }
const void* sim_values(Simulation* s, int way) { return &s->values(way)[0]; }
long sim_key_bytes(Simulation* s) { return sizeof s->keys(0)[0]; }
long sim_value_bytes(Simulation* s) { return sizeof s->values(0)[0]; }

long sim_cycles(Simulation* s) { return s->cycles; }
long sim_status(Simulation* s) { return s->top.status; }
}
