import AttendBase
import AttendFormats
import AttendInspect
import AttendModels
import AttendNN
import AttendTensor
import AttendText

extension Translator {
  /// Whether a checkpoint is an encoder-decoder.
  /// - Throws: `not-found`, `damaged-file`, `unsupported`, `system`.
  public static func canLoad(_ location: ModelLocation) throws -> Bool {
    try ModelRegistry.family(of: Checkpoint(path: location.path)).kind == .sequenceToSequence
  }

  /// How one head of the encoder mixes the tokens of a text, step by step.
  /// - Parameters:
  ///   - layer: from 0; so is `head`.
  /// - Throws: `invalid-input` when there is no such head or the text is empty; `context-overflow`; `unsupported` for a model
  ///   whose encoder has no self-attention.
  public func selfAttention(of text: String, layer: Int = 0, head: Int = 0) async throws -> AttentionSteps {
    try await run { [self] in
      let ids = model.ended(try tokenizer.encode(text.trimmed))
      try model.check(source: ids)
      let names = AttentionSteps.names(of: ids, tokenizer)
      return try AttentionSteps.observe(.encoderSelf, names, layer, head) { pass in
        _ = model.logits(source: [ids], target: [[model.endToken]], &pass)
      }
    }
  }
}

extension LanguageModel {
  /// How one head mixes the tokens of a text, step by step; no token sees those behind it.
  /// - Parameters:
  ///   - layer: from 0; so is `head`.
  /// - Throws: `invalid-input` when there is no such head or the text is empty; `context-overflow`; `unsupported` without a
  ///   tokenizer.
  public func selfAttention(of text: String, layer: Int = 0, head: Int = 0) async throws -> AttentionSteps {
    try await generator.run { [self] in
      let ids = try tokenize(text, addSpecialTokens: true)
      guard !ids.isEmpty else { throw AttendError(.invalidInput, "the text is empty", hint: "give some words") }
      guard ids.count <= contextLength else {
        throw AttendError(
          .contextOverflow, "the text has \(ids.count) tokens, and the model reads at most \(contextLength)",
          hint: "give a shorter text")
      }
      let names = AttentionSteps.names(of: ids, try tokenizer)
      return try AttentionSteps.observe(.decoderSelf, names, layer, head) { pass in
        _ = generator.model(Tensor(ids, shape: [ids.count]), &pass)
      }
    }
  }
}

extension AttentionSteps {
  /// Tokens as people may read them: `▁` where a word starts with a space, `⏎` for the end of the text.
  fileprivate static func names(of ids: [Int32], _ tokenizer: any Tokenizer) -> [String] {
    ids.map { id in
      if id == tokenizer.specialTokens.end { return "⏎" }
      let text = tokenizer.decode([id]).replacing(" ", with: "▁").replacing("\n", with: "↵")
      return text.isEmpty ? "#\(id)" : text
    }
  }

  fileprivate static func observe(
    _ kind: AttentionObserver.Kind, _ names: [String], _ layer: Int, _ head: Int,
    _ run: (inout ForwardPass) throws -> Void
  ) throws -> AttentionSteps {
    // The steps are whole matrices: what nobody could read is not worth their memory.
    guard names.count <= 256 else {
      throw AttendError(
        .limitExceeded, "the text has \(names.count) tokens; steps are shown for at most 256", hint: "give fewer words")
    }
    var pass = ForwardPass(lengths: [names.count])
    pass.observer = AttentionObserver([.init(kinds: [kind], layers: [layer], heads: [head], keepsOperands: true)])
    try run(&pass)
    guard let observation = pass.observer?.observations.first else {
      throw AttendError(
        .invalidInput, "the model has no self-attention in layer \(layer), head \(head)",
        hint: "layers and heads count from 0; `attend show` tells how many there are")
    }
    guard let steps = AttentionSteps(tokens: names, observation, head: head) else {
      throw AttendError(.unsupported, "the steps of attention with position biases or capped scores cannot be shown")
    }
    return steps
  }
}
