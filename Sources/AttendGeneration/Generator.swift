import AttendBase
import AttendModels
import AttendTensor
import AttendText

/// Runs a decoder for any number of callers: requests share the steps of one engine, on the generator's own thread.
///
/// An answer depends on its own prompt and options alone, bit by bit: not on who else is served meanwhile, on memory that
/// ran out, or on what was remembered.
public final class Generator: Sendable {
  public let model: any CausalLanguageModel
  /// nil for a checkpoint without one: then there is no text, only tokens.
  public let tokenizer: (any Tokenizer)?
  /// How keys and values are kept; the model's own precision.
  public let precision: Precision
  /// Tokens with which the model ends a text.
  public let endTokens: Set<Int32>

  private let thread: ComputeThread
  /// Makes prompts of texts, so that a long text stalls nobody.
  private let textThread: ComputeThread
  private let engine: Engine
  private let constraints: ConstraintDesk

  /// - Parameters:
  ///   - draft: a smaller model with the same tokens, to write ahead; see ``Speculation``.
  /// - Throws: `damaged-file` when a token that ends texts is outside the vocabulary, `invalid-input` when the options have
  ///   no meaning or the draft model has another vocabulary, `system` when the system has no more threads.
  public convenience init(
    model: any CausalLanguageModel, tokenizer: (any Tokenizer)?, precision: Precision, endTokens: Set<Int32> = [],
    options: EngineOptions = EngineOptions(), draft: (any CausalLanguageModel)? = nil
  ) throws(AttendError) {
    try self.init(
      model: model, tokenizer: tokenizer, precision: precision, endTokens: endTokens, options: options, draft: draft,
      thread: ComputeThread(name: "attend"))
  }

  package init(
    model: any CausalLanguageModel, tokenizer: (any Tokenizer)?, precision: Precision, endTokens: Set<Int32>,
    options: EngineOptions = EngineOptions(), draft: (any CausalLanguageModel)? = nil, thread: ComputeThread
  ) throws(AttendError) {
    self.model = model
    self.tokenizer = tokenizer
    self.precision = precision
    self.endTokens = endTokens
    self.thread = thread
    textThread = try ComputeThread(name: "attend-text")
    constraints = ConstraintDesk(tokenizer, vocabularySize: model.vocabularySize)
    if let draft, draft.vocabularySize != model.vocabularySize {
      throw AttendError(
        .invalidInput,
        "the draft model knows \(draft.vocabularySize) tokens and the model \(model.vocabularySize)",
        hint: "take a smaller model of the same family")
    }
    engine = try Engine(model: model, draft: draft, precision: precision, options: options, thread: thread)
    for id in endTokens { try Self.check(id, model, "the token that ends texts", .damagedFile) }
  }

  /// What the engine holds and has done. Takes no time to speak of.
  public var statistics: EngineStatistics { engine.statistics }

  /// Continues a prompt.
  /// - Parameter prompt: ids within the vocabulary, fewer than the model's context.
  /// - Returns: its events; errors come as the end of the sequence: `invalid-input`, `context-overflow`, `not-a-number`,
  ///   `limit-exceeded`, `overloaded`.
  public func generate(_ prompt: [Int32], _ options: GenerationOptions = GenerationOptions()) -> Generation {
    generate(options) { prompt }
  }

  /// Continues a prompt several times at once; what the prompt takes is computed once.
  /// - Parameter samples: 1 or more. With a seed the first one is that seed's, the next one the following seed's.
  /// - Returns: the events of each.
  public func generate(
    _ prompt: [Int32], _ options: GenerationOptions = GenerationOptions(), samples: Int
  ) -> [Generation] {
    (0..<max(samples, 0)).map { generate(prompt, options.forSample($0)) }
  }

  /// Continues a prompt that is made on another thread.
  /// - Parameters:
  ///   - memory: what an earlier request left and this one leaves. Requests with the same memory run one after another.
  ///   - completion: called on the generator's thread before `finished` is reported.
  package func generate(
    _ options: GenerationOptions, memory: PrefixMemory? = nil,
    completion: (@Sendable (Said, GenerationSummary) -> Void)? = nil,
    prompt: @escaping @Sendable () throws -> [Int32]
  ) -> Generation {
    let cancellation = Locked(false)
    let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
    let generation = Generation(events: stream, cancellation: cancellation)
    let number: Int
    do throws(AttendError) {
      number = try engine.announce()
    } catch {
      continuation.finish(throwing: error)
      return generation
    }
    continuation.onTermination = { _ in cancellation.withLock { $0 = true } }
    let submission = Submission(
      number: number, options: options, submitted: .now, cancellation: cancellation, memory: memory,
      completion: completion, events: continuation)
    // The thread keeps the generator alive while requests run: its owner may drop it.
    let start: @Sendable () -> Void = { [self] in
      textThread.enqueue { [self] in
        do {
          engine.submit(try submission.request(from: prompt(), self))
        } catch {
          engine.withdraw()
          submission.end(.failure(error), [])
        }
      }
    }
    if let memory { memory.enter(start) } else { start() }
    return generation
  }

  /// Runs `body` on the generator's thread, between two steps of the requests that run.
  package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await thread.run(body)
  }

  /// How a request without a wish of its own is helped.
  ///
  /// A draft model knows nothing of a constraint, so its guesses would rarely come true.
  func speculation(_ options: GenerationOptions) -> Speculation {
    let speculation = engine.speculation(options.speculation)
    if options.constraint != nil, case .draftModel(let most) = speculation { return .promptLookup(most: most) }
    return speculation
  }

  /// A constraint at the beginning of an answer.
  /// - Throws: `unsupported` when there is no tokenizer, `limit-exceeded`.
  func state(of constraint: Constraint, endTokens: Set<Int32>) throws(AttendError) -> ConstraintState {
    try ConstraintState(constraints.masks(of: constraint.grammar), endTokens: endTokens)
  }

  /// Refuses a prompt that the model cannot read.
  func check(prompt: [Int32]) throws(AttendError) {
    guard !prompt.isEmpty else {
      throw AttendError(.invalidInput, "the prompt is empty", hint: "give the model at least one word to go on from")
    }
    guard prompt.count < model.contextLength else {
      throw AttendError(
        .contextOverflow,
        "the prompt has \(prompt.count) tokens, and the model's context of \(model.contextLength) leaves no room for more",
        hint: "shorten it by \(prompt.count - model.contextLength + 1) tokens or more")
    }
    for id in prompt { try Self.check(id, model, "a token of the prompt", .invalidInput) }
  }

  private static func check(
    _ id: Int32, _ model: any CausalLanguageModel, _ what: String, _ code: AttendError.Code
  ) throws(AttendError) {
    guard id >= 0, Int(id) < model.vocabularySize else {
      throw AttendError(
        code, "\(what) is \(id), outside the model's vocabulary of \(model.vocabularySize)",
        hint: "do tokenizer and model belong together?")
    }
  }
}
