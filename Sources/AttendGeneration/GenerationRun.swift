import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendText

/// One request, from prompt to summary, on the generator's thread.
struct GenerationRun {
  /// Positions in one pass over a prompt; a cancelled request ends after at most one such pass.
  static let promptChunk = 512

  private let model: any CausalLanguageModel
  private let prompt: [Int32]
  private let options: GenerationOptions
  private let endTokens: Set<Int32>
  private let submitted: ContinuousClock.Instant
  private let isCancelled: () -> Bool
  private let report: (GenerationEvent) -> Void
  private let precision: Precision

  private var sampler: Sampler
  private var detokenizer: StreamingDetokenizer?
  private var stops: StopMatcher
  private var cache: KeyValueCache
  /// Ids of the positions in the cache and of those that are about to be.
  private var ids: [Int32]
  /// All text reported so far.
  private(set) var text = ""
  private var summary: GenerationSummary

  /// - Throws: `invalid-input`, `context-overflow`.
  init(
    _ generator: Generator, prompt: [Int32], options: GenerationOptions, submitted: ContinuousClock.Instant,
    isCancelled: @escaping () -> Bool, report: @escaping (GenerationEvent) -> Void
  ) throws(AttendError) {
    try options.check()
    try generator.check(prompt: prompt)
    if !options.stopStrings.isEmpty, generator.tokenizer == nil {
      throw AttendError(
        .invalidInput, "stop strings were given, but the model has no tokenizer", hint: "use stop tokens instead")
    }
    model = generator.model
    precision = generator.precision
    self.prompt = prompt
    self.options = options
    endTokens = options.stopTokens.union(options.ignoresEndOfText ? [] : generator.endTokens)
    self.submitted = submitted
    self.isCancelled = isCancelled
    self.report = report
    sampler = Sampler(options.sampling)
    detokenizer = generator.tokenizer?.streamingDecoder(skipSpecial: true)
    stops = StopMatcher(options.stopStrings)
    cache = KeyValueCache(generator.model.cacheShape, precision: generator.precision)
    ids = prompt
    summary = GenerationSummary(
      reason: .length, promptTokens: prompt.count, reusedTokens: 0, generatedTokens: 0, promptSeconds: 0,
      decodeSeconds: 0, secondsToFirstToken: nil)
  }

  /// - Parameter memory: where to start from and where to leave what was computed.
  /// - Throws: `not-a-number`, `limit-exceeded`.
  mutating func run(_ memory: PrefixMemory?) throws(AttendError) -> GenerationSummary {
    reuse(memory)
    defer { memory?.put(.init(ids: Array(ids.prefix(cache.length)), cache: cache)) }
    report(.started(promptTokens: prompt.count, reusedTokens: summary.reusedTokens))
    let start = ContinuousClock.now
    guard var token = try firstToken() else { return finish(.cancelled) }
    let decodeStart = ContinuousClock.now
    summary.promptSeconds = (decodeStart - start).seconds
    summary.secondsToFirstToken = (decodeStart - submitted).seconds

    let limit = min(options.maxTokens ?? .max, model.contextLength - prompt.count)
    while true {
      if let reason = accept(token) { return finish(reason, since: decodeStart) }
      if summary.generatedTokens >= limit { return finish(.length, since: decodeStart) }
      if isCancelled() { return finish(.cancelled, since: decodeStart) }
      token = try next(after: token)
    }
  }

  /// Starts with the common prefix of the prompt and what an earlier request left; at least one token is left to run,
  /// since only a pass gives logits.
  private mutating func reuse(_ memory: PrefixMemory?) {
    guard var kept = memory?.take(), kept.cache.shape == cache.shape else { return }
    let common = zip(kept.ids, prompt).prefix { $0 == $1 }.count
    summary.reusedTokens = min(common, prompt.count - 1)
    kept.cache.truncate(to: summary.reusedTokens)
    cache = kept.cache
  }

  /// Reads the prompt in chunks. nil when cancelled.
  private mutating func firstToken() throws(AttendError) -> Int32? {
    var logits: Tensor?
    while cache.length < prompt.count {
      if isCancelled() { return nil }
      let end = min(cache.length + Self.promptChunk, prompt.count)
      logits = try pass(prompt[cache.length..<end], phase: .prompt)
    }
    return try choose(from: logits)
  }

  private mutating func next(after token: Int32) throws(AttendError) -> Int32 {
    ids.append(token)
    return try choose(from: pass([token], phase: .decode))
  }

  /// Runs tokens behind those in the cache.
  /// - Returns: logits of the last one, `[1, vocabulary]`.
  private mutating func pass(_ tokens: ArraySlice<Int32>, phase: Phase) throws(AttendError) -> Tensor {
    // The cache moves into the pass and back: two owners would mean a copy of its last page at every step.
    let empty = KeyValueCache(model.cacheShape, precision: precision)
    let continued = exchange(&cache, with: empty)
    let length = continued.length
    do {
      var pass = try ForwardPass(continuing: [consume continued], lengths: [tokens.count], phase: phase)
      pass.outputRows = [tokens.count - 1]
      let logits = model(Tensor(Array(tokens), shape: [tokens.count]), &pass)
      pass.finish()
      cache = pass.caches.removeLast()
      return logits
    } catch let error as AttendError {
      throw error
    } catch {
      throw AttendError(.limitExceeded, "position \(length): \(error)")
    }
  }

  private mutating func choose(from logits: Tensor?) throws(AttendError) -> Int32 {
    guard let logits else { throw AttendError(.invalidInput, "the prompt is empty") }
    let count = logits.count
    let step = summary.generatedTokens
    return try logits.withFloats { row in
      Result { () throws(AttendError) in
        try sampler.choose(from: UnsafeBufferPointer(start: row, count: count), step: step)
      }
    }.get()
  }

  /// Reports a token and the text it completes.
  /// - Returns: why the text ends with it, if it does.
  private mutating func accept(_ token: Int32) -> GenerationSummary.Reason? {
    if endTokens.contains(token) { return .endOfText(token) }
    summary.generatedTokens += 1
    report(.token(token))
    guard let piece = detokenizer?.append(token), !piece.isEmpty else { return nil }
    let (certain, stop) = stops.append(piece)
    say(certain)
    return stop.map { .stop($0) }
  }

  private mutating func say(_ piece: String) {
    guard !piece.isEmpty else { return }
    text += piece
    report(.text(piece))
  }

  private mutating func finish(
    _ reason: GenerationSummary.Reason, since decodeStart: ContinuousClock.Instant? = nil
  ) -> GenerationSummary {
    summary.reason = reason
    if let decodeStart { summary.decodeSeconds = (ContinuousClock.now - decodeStart).seconds }
    guard summary.reason.leavesText else { return summary }
    // A character that the last token left unfinished may complete a stop string no more.
    let (certain, stop) = stops.append(detokenizer?.finish() ?? "")
    say(certain)
    if let stop { summary.reason = .stop(stop) } else { say(stops.finish()) }
    return summary
  }
}

extension GenerationSummary.Reason {
  /// Whether text that was held back belongs to the result.
  fileprivate var leavesText: Bool {
    if case .stop = self { false } else { true }
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

/// Puts a value in place of another, which changes hands without a copy.
private func exchange<Value>(_ place: inout Value, with value: consuming Value) -> Value {
  swap(&place, &value)
  return value
}
