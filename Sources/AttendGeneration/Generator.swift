import AttendBase
import AttendModels
import AttendTensor
import AttendText

/// Runs a decoder for any number of callers: requests queue and run one after another on the generator's own thread.
public final class Generator: Sendable {
  public let model: any CausalLanguageModel
  /// nil for a checkpoint without one: then there is no text, only tokens.
  public let tokenizer: (any Tokenizer)?
  /// How keys and values are kept; the model's own precision.
  public let precision: Precision
  /// Tokens with which the model ends a text.
  public let endTokens: Set<Int32>

  private let thread: ComputeThread

  /// - Throws: `damaged-file` when a token that ends texts is outside the vocabulary, `system` when the system has no more
  ///   threads.
  public convenience init(
    model: any CausalLanguageModel, tokenizer: (any Tokenizer)?, precision: Precision, endTokens: Set<Int32> = []
  ) throws(AttendError) {
    try self.init(
      model: model, tokenizer: tokenizer, precision: precision, endTokens: endTokens,
      thread: ComputeThread(name: "attend"))
  }

  package init(
    model: any CausalLanguageModel, tokenizer: (any Tokenizer)?, precision: Precision, endTokens: Set<Int32>,
    thread: ComputeThread
  ) throws(AttendError) {
    self.model = model
    self.tokenizer = tokenizer
    self.precision = precision
    self.endTokens = endTokens
    self.thread = thread
    for id in endTokens { try Self.check(id, model, "the token that ends texts", .damagedFile) }
  }

  /// Continues a prompt.
  /// - Parameter prompt: ids within the vocabulary, fewer than the model's context.
  /// - Returns: its events; errors come as the end of the sequence: `invalid-input`, `context-overflow`, `not-a-number`,
  ///   `limit-exceeded`.
  public func generate(_ prompt: [Int32], _ options: GenerationOptions = GenerationOptions()) -> Generation {
    generate(options) { prompt }
  }

  /// Continues a prompt that is made when the request's turn comes, on the generator's thread.
  /// - Parameters:
  ///   - memory: what an earlier request left and this one leaves.
  ///   - completion: called on the generator's thread before `finished` is reported.
  package func generate(
    _ options: GenerationOptions, memory: PrefixMemory? = nil,
    completion: (@Sendable (_ text: String, GenerationSummary) -> Void)? = nil,
    prompt: @escaping @Sendable () throws -> [Int32]
  ) -> Generation {
    let submitted = ContinuousClock.now
    let cancellation = Locked(false)
    let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
    continuation.onTermination = { _ in cancellation.withLock { $0 = true } }
    // The thread keeps the generator's parts alive, not the generator: it may be dropped while requests still run.
    thread.enqueue { [self] in
      do {
        var run = try GenerationRun(
          self, prompt: prompt(), options: options, submitted: submitted,
          isCancelled: { cancellation.withLock { $0 } }, report: { continuation.yield($0) })
        let summary = try run.run(memory)
        completion?(run.text, summary)
        continuation.yield(.finished(summary))
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
      }
    }
    return Generation(events: stream, cancellation: cancellation)
  }

  /// Runs `body` on the generator's thread, after the requests before it.
  package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await thread.run(body)
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
