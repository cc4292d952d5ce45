#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Real models that `scripts/fetch-models` has put into the cache folder; tests that need one are skipped without it.
package enum TestModels {
  /// SmolLM2-135M-Instruct: Q4_1 matrices, Q8_0 embedding.
  package static var smolLM2: String? { path("SmolLM2-135M-Instruct.Q4_1.gguf") }
  /// Gemma 3 270M: Q4_K, Q5_0, Q6_K, Q8_0.
  package static var gemma3: String? { path("gemma-3-270m.Q4_K_M.gguf") }
  /// llama.cpp's tokenizer vocabularies, a folder.
  package static var vocabularies: String? { path("llama.cpp-vocabularies") }
  /// The chat templates of llama.cpp's tests, a folder.
  package static var templates: String? { path("llama.cpp-templates") }

  /// The GRU encoder and decoder of `g2p_en`: letters to phonemes.
  package static var graphemeToPhoneme: String? { path("g2p-en-checkpoint20.npz") }
  /// The weights of `arabic-name-romanizer`, a folder.
  package static var names: String? { path("arabic-names") }
  /// Silero VAD for 16,000 samples a second.
  package static var voiceActivity: String? { path("silero-vad-16k.onnx") }
  /// ONNX's operator tests, a folder.
  package static var onnxOperators: String? { path("onnx-operators") }

  /// The path of a fetched file or folder, or nil when it is not there.
  package static func path(_ name: String) -> String? {
    let path = "\(folder)/\(name)"
    return access(path, R_OK) == 0 ? path : nil
  }

  private static var folder: String {
    variable("ATTEND_MODELS")
      ?? "\(variable("XDG_CACHE_HOME") ?? "\(variable("HOME") ?? "/tmp")/.cache")/attend/models"
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
