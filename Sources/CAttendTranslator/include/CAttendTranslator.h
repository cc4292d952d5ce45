#ifndef CATTENDTRANSLATOR_H
#define CATTENDTRANSLATOR_H

#include <stddef.h>

/// A file that was compiled into the program; empty where the compiler could not embed it.
typedef struct {
  const unsigned char *bytes;
  size_t count;
} attend_translator_file;

/// `model.safetensors`
attend_translator_file attend_translator_weights(void);
/// `config.json`
attend_translator_file attend_translator_configuration(void);
/// `tokenizer.json`
attend_translator_file attend_translator_tokenizer(void);

#endif
