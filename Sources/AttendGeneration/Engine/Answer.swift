import AttendBase
import AttendText

/// What an answer came to.
package struct Said: Sendable {
  /// All of it, calls of functions as they were written.
  package var text = ""
  /// The text that is no call, where calls are looked for.
  package var besideCalls = ""
  package var calls: [ToolCall] = []
}

/// What a request has said so far: chooses tokens, turns them into text and events, and knows when it is enough.
struct Answer {
  private let options: GenerationOptions
  private let endTokens: Set<Int32>
  /// At most so many tokens.
  let limit: Int
  private let submitted: ContinuousClock.Instant
  private let report: @Sendable (GenerationEvent) -> Void

  private var sampler: Sampler
  private var constraint: ConstraintState?
  private var logProbabilities: LogProbabilities?
  private var scratch: [Float] = []
  private var detokenizer: StreamingDetokenizer?
  private var stops: StopMatcher
  private var calls: ToolCallParser?
  private let tokenizer: (any Tokenizer)?
  private var started: ContinuousClock.Instant?
  private var firstChosen: ContinuousClock.Instant?
  private(set) var said = Said()
  var summary: GenerationSummary

  /// - Throws: `invalid-input`.
  init(
    _ generator: Generator, prompt: [Int32], options: GenerationOptions, submitted: ContinuousClock.Instant,
    report: @escaping @Sendable (GenerationEvent) -> Void
  ) throws(AttendError) {
    try options.check()
    if !options.stopStrings.isEmpty, generator.tokenizer == nil {
      throw AttendError(
        .invalidInput, "stop strings were given, but the model has no tokenizer", hint: "use stop tokens instead")
    }
    let (tokenizer, vocabularySize) = (generator.tokenizer, generator.model.vocabularySize)
    if let (token, _) = options.sampling.bias.first(where: { $0.key < 0 || Int($0.key) >= vocabularySize }) {
      throw AttendError(
        .invalidInput, "a bias was given for the token \(token), outside the model's vocabulary of \(vocabularySize)",
        hint: "`attend tokenize` shows the tokens of a text")
    }
    self.options = options
    let endTokens = options.stopTokens.union(options.ignoresEndOfText ? [] : generator.endTokens)
    self.endTokens = endTokens
    constraint = try options.constraint.map { constraint throws(AttendError) in
      try generator.state(of: constraint, endTokens: endTokens)
    }
    limit = min(options.maxTokens ?? .max, generator.model.contextLength - prompt.count)
    self.submitted = submitted
    self.report = report
    let breakers = options.sampling.dry?.breakers ?? []
    sampler = Sampler(options.sampling, prompt: prompt) { token in
      let text = tokenizer?.decode([token], skipSpecial: false) ?? ""
      return breakers.contains { text.contains($0) }
    }
    detokenizer = generator.tokenizer?.streamingDecoder(skipSpecial: true)
    stops = StopMatcher(options.stopStrings)
    calls = options.toolCalls.map(ToolCallParser.init)
    self.tokenizer = tokenizer
    summary = GenerationSummary(
      reason: .length, promptTokens: prompt.count, reusedTokens: 0, generatedTokens: 0, promptSeconds: 0,
      decodeSeconds: 0, secondsToFirstToken: nil)
  }

  /// The prompt is about to be read; later calls (after an interruption) do nothing.
  mutating func start(reusing reusedTokens: Int) {
    guard started == nil else { return }
    started = .now
    summary.reusedTokens = reusedTokens
    report(.started(promptTokens: summary.promptTokens, reusedTokens: reusedTokens))
  }

  /// The token at a step, from the logits there: the same whether it is asked for ahead or when the step has come.
  /// - Throws: `not-a-number`; with a constraint `unsupported` when no token goes on as it asks, `limit-exceeded`.
  mutating func choose(from logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) -> Int32 {
    let allowed = try constraint?.allowed()
    if let allowed, allowed.isEmpty {
      throw AttendError(
        .unsupported, "step \(step): no token of the vocabulary goes on as the constraint asks",
        hint: "does it ask for characters that the model cannot write?")
    }
    let token = try sampler.choose(from: logits, step: step, allowed: allowed)
    if let count = options.logProbabilities {
      logProbabilities = LogProbabilities(of: token, among: logits, count: count, scratch: &scratch)
    }
    return token
  }

  /// Reports a token and the text that it completes.
  /// - Returns: why the text ends with it, if it does.
  /// - Throws: `limit-exceeded` when a constraint is too ambiguous.
  mutating func accept(_ token: Int32) throws(AttendError) -> GenerationSummary.Reason? {
    if firstChosen == nil {
      let now = ContinuousClock.now
      firstChosen = now
      summary.promptSeconds = started.map { (now - $0).seconds } ?? 0
      summary.secondsToFirstToken = (now - submitted).seconds
    }
    if endTokens.contains(token) { return .endOfText(token) }
    summary.generatedTokens += 1
    sampler.note(token)
    _ = try constraint?.advance(token)
    report(.token(token))
    if let logProbabilities { report(.logProbabilities(logProbabilities)) }
    if let piece = mark(token) ?? detokenizer?.append(token), !piece.isEmpty {
      let (certain, stop) = stops.append(piece)
      say(certain)
      if let stop { return .stop(stop) }
    }
    if constraint?.mustEnd == true { return .complete }
    return summary.generatedTokens >= limit ? .length : nil
  }

  /// The text of a control token that is part of a call; others have none.
  private func mark(_ token: Int32) -> String? {
    guard let format = options.toolCalls, let tokenizer, tokenizer.isSpecial(token) else { return nil }
    let text = String(decoding: tokenizer.bytes(of: token), as: UTF8.self)
    return format.isMark(text) ? text : nil
  }

  private mutating func say(_ piece: String) {
    guard !piece.isEmpty else { return }
    said.text += piece
    guard let events = calls?.append(piece) else { return report(.text(piece)) }
    tell(events)
  }

  private mutating func tell(_ events: [ToolCallParser.Event]) {
    for event in events {
      switch event {
      case .text(let text):
        said.besideCalls += text
        report(.text(text))
      case .call(var call):
        if call.id == nil { call.id = newID }
        said.calls.append(call)
        report(.toolCall(call))
      }
    }
  }

  /// Nine letters and digits, as some templates ask for. A conversation grows from one answer to the next, so that no two
  /// of its calls have the same.
  private var newID: String {
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number, radix: 36)
      return String(repeating: "0", count: max(count - text.count, 0)) + text.suffix(count)
    }
    return "c" + digits(summary.promptTokens, 5) + digits(said.calls.count, 3)
  }

  /// Says what is still held back.
  mutating func finish(_ reason: GenerationSummary.Reason) -> GenerationSummary {
    start(reusing: 0)
    summary.reason = reason
    if let firstChosen { summary.decodeSeconds = (ContinuousClock.now - firstChosen).seconds }
    defer {
      let rest = calls?.finish() ?? []
      tell(rest)
    }
    if case .stop = reason { return summary }
    // A character that the last token left unfinished may complete a stop string no more.
    let (certain, stop) = stops.append(detokenizer?.finish() ?? "")
    say(certain)
    if let stop { summary.reason = .stop(stop) } else { say(stops.finish()) }
    return summary
  }
}

extension Duration {
  package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
