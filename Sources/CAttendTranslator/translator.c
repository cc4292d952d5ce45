// The shipped translator's files as constants: Swift's own resource embedding does not compile at this size.
#include "CAttendTranslator.h"

// #embed belongs to C23; clang has it in every mode and says so.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunknown-warning-option"
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

#if defined(__has_embed)
#if __has_embed("model/model.safetensors") && __has_embed("model/config.json") && __has_embed("model/tokenizer.json")
#define ATTEND_HAS_TRANSLATOR 1
#endif
#endif

#ifdef ATTEND_HAS_TRANSLATOR

// Readers of tensors want aligned memory.
_Alignas(64) static const unsigned char weights[] = {
#embed "model/model.safetensors"
};
static const unsigned char configuration[] = {
#embed "model/config.json"
};
static const unsigned char tokenizer[] = {
#embed "model/tokenizer.json"
};

attend_translator_file attend_translator_weights(void) {
  return (attend_translator_file){weights, sizeof weights};
}
attend_translator_file attend_translator_configuration(void) {
  return (attend_translator_file){configuration, sizeof configuration};
}
attend_translator_file attend_translator_tokenizer(void) {
  return (attend_translator_file){tokenizer, sizeof tokenizer};
}

#else

static const attend_translator_file none = {0, 0};
attend_translator_file attend_translator_weights(void) { return none; }
attend_translator_file attend_translator_configuration(void) { return none; }
attend_translator_file attend_translator_tokenizer(void) { return none; }

#endif
