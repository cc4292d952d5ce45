import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor
import AttendText

/// A language model that runs: give it text, get text.
///
/// ```swift
/// let model = try await LanguageModel.load(from: .file("SmolLM2-135M-Instruct.Q4_1.gguf"))
/// for try await event in model.generate("The capital of France is", maxTokens: 16) {
///   if case .text(let piece) = event { text += piece }
/// }
/// ```
///
/// A value to pass around freely: copies share the weights. Requests from any number of tasks share the steps of one
/// engine on a thread of the model's own, never on Swift's cooperative pool; an answer does not depend on the others.
public struct LanguageModel: Sendable {
  /// What the checkpoint is.
  public let info: ModelInfo
  /// How numbers are kept and multiplied.
  public let precision: Precision
  /// Bytes that the loaded weights take.
  public let weightBytes: Int
  /// What loading took, in seconds: `open`, then `weights` and `tokenizer` at the same time; `all` of it.
  public let loadTimes: [(stage: String, seconds: Double)]
  /// The engine, for work with token ids.
  public let generator: Generator

  package let chatTemplate: ChatTemplateSource?
  /// The template for conversations with functions to call, where there is one besides the usual one.
  package let toolTemplate: ChatTemplateSource?

  /// The template of a conversation with functions to call, or without.
  package func template(forTools hasTools: Bool) -> ChatTemplateSource? {
    hasTools ? toolTemplate ?? chatTemplate : chatTemplate
  }

  /// Positions of prompt and answer together.
  public var contextLength: Int { generator.model.contextLength }
  public var vocabularySize: Int { generator.model.vocabularySize }

  /// Opens a model and packs its weights for this machine.
  /// - Parameters:
  ///   - precision: nil for `.fast` where it costs nothing or the processor has bfloat16 products, else `.exact`;
  ///     `precision` tells which it was.
  ///   - threads: how many threads compute, for all models of this process; nil leaves it as it is (at first as many as
  ///     the process may use).
  ///   - engine: how many requests run at once, and in how much memory.
  ///   - draft: a smaller model with the same tokens that writes ahead; see ``Speculation``.
  ///   - adapters: what is added to the model's weights; see ``LowRankAdapter``.
  /// - Throws: `not-found`, `damaged-file`, `unsupported`, `parameter-mismatch`, `limit-exceeded`, `system`.
  public static func load(
    from location: ModelLocation, precision: Precision? = nil, threads: Int? = nil,
    engine: EngineOptions = EngineOptions(), draft: ModelLocation? = nil,
    adapters: [LowRankAdapter] = []
  ) async throws -> LanguageModel {
    if let threads {
      guard (1...256).contains(threads) else {
        throw AttendError(.invalidInput, "\(threads) threads were asked for", hint: "ask for 1 to 256")
      }
      Hardware.threads = threads
    }
    let thread = try ComputeThread(name: "attend")
    // The tokenizer's tables are built while the weights are packed.
    let reader = try ComputeThread(name: "attend-text")
    let start = ContinuousClock.now
    let checkpoint = try await thread.run { try Checkpoint(path: location.path) }
    let opened = ContinuousClock.now
    async let text = reader.run {
      let tokenizer = try checkpoint.readTokenizer()
      return (tokenizer, try checkpoint.endTokens(tokenizer), (ContinuousClock.now - opened).seconds)
    }
    let chosen = precision ?? ModelRegistry.defaultPrecision(of: checkpoint)
    let before = Hardware.allocatedBytes
    let model = try await thread.run { try ModelRegistry.load(checkpoint, precision: chosen, adapters: adapters) }
    let packed = ContinuousClock.now
    let draftModel: (any CausalLanguageModel)?
    if let draft {
      draftModel = try await thread.run { try ModelRegistry.load(Checkpoint(path: draft.path), precision: chosen) }
    } else {
      draftModel = nil
    }
    let weightBytes = max(Hardware.allocatedBytes - before, 0)
    let (tokenizer, endTokens, tokenizerSeconds) = try await text
    return LanguageModel(
      info: ModelInfo(checkpoint), precision: chosen, weightBytes: weightBytes,
      loadTimes: [
        ("open", (opened - start).seconds), ("weights", (packed - opened).seconds), ("tokenizer", tokenizerSeconds),
        ("all", (ContinuousClock.now - start).seconds),
      ],
      generator: try Generator(
        model: model, tokenizer: tokenizer, precision: chosen,
        endTokens: endTokens.filter { $0 >= 0 }, options: engine, draft: draftModel, thread: thread),
      chatTemplate: try ChatTemplateSource(checkpoint), toolTemplate: try ChatTemplateSource(forTools: checkpoint))
  }

  /// Continues a text.
  /// - Parameters:
  ///   - maxTokens: nil until the model ends the text or its context is full.
  ///   - stopStrings: strings that end the text and are not part of it.
  /// - Returns: its events; errors come as the end of the sequence: `invalid-input` for an empty prompt, `context-overflow`
  ///   for one that is too long, `overloaded` when too many requests wait, `not-a-number`, `limit-exceeded`.
  public func generate(
    _ prompt: String, sampling: Sampling = .greedy, maxTokens: Int? = nil, stopStrings: [String] = []
  ) -> Generation {
    generate(
      prompt, GenerationOptions(sampling: sampling, maxTokens: maxTokens, stopStrings: stopStrings))
  }

  /// Continues a text.
  public func generate(_ prompt: String, _ options: GenerationOptions) -> Generation {
    generator.generate(options) { try tokenize(prompt, addSpecialTokens: true) }
  }

  /// Searches for the most probable continuations of a text, best first.
  /// - Throws: what ``Generator/beamSearch(_:_:)`` throws.
  public func beamSearch(_ prompt: String, _ options: BeamOptions = BeamOptions()) async throws -> BeamAnswers {
    try await generator.beamSearch(tokenize(prompt, addSpecialTokens: true), options)
  }

  /// Token ids of a text. Special tokens that are written out in it are text.
  /// - Parameter addSpecialTokens: puts the tokens around it that the model expects, such as one for the beginning.
  /// - Throws: `unsupported` when the checkpoint has no tokenizer.
  public func tokenize(_ text: String, addSpecialTokens: Bool = false) throws(AttendError) -> [Int32] {
    try tokenizer.encode(text, addSpecialTokens: addSpecialTokens)
  }

  /// The text of token ids; U+FFFD where they do not make whole characters.
  /// - Throws: `unsupported` when the checkpoint has no tokenizer.
  public func detokenize(_ ids: [Int32], skipSpecial: Bool = false) throws(AttendError) -> String {
    try tokenizer.decode(ids, skipSpecial: skipSpecial)
  }

  /// How well the model predicts a text.
  /// - Parameters:
  ///   - limit: only the first so many tokens.
  ///   - stride: by how many tokens the windows of a long text lie apart; see ``Generator/negativeLogLikelihood(of:stride:)``.
  public func likelihood(of text: String, limit: Int? = nil, stride: Int? = nil) async throws -> Likelihood {
    let ids = try await generator.run { try tokenize(text, addSpecialTokens: true) }
    return try await generator.negativeLogLikelihood(of: Array(ids.prefix(limit ?? .max)), stride: stride)
  }

  package var tokenizer: any Tokenizer {
    get throws(AttendError) {
      guard let tokenizer = generator.tokenizer else {
        throw AttendError(
          .unsupported, "\(info.path): there is no tokenizer beside the weights",
          hint: "put the model's tokenizer.json into the same folder")
      }
      return tokenizer
    }
  }
}
