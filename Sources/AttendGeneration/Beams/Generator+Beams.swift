import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendText

extension Generator {
  /// Positions of a prompt that are read at once; other requests take their turns in between.
  private static let promptChunk = 512
  /// Tokens that are reckoned with where nobody says how many there may be.
  static let usualAnswer = 1024

  /// Searches for the most probable continuations of a prompt. There is nothing to stream before the end.
  ///
  /// Its steps take turns with the engine's. Its keys and values are not part of the engine's budget; hypotheses share
  /// those of the prompt and of what they have in common.
  /// - Parameter prompt: ids within the vocabulary, fewer than the model's context.
  /// - Throws: `invalid-input`, `context-overflow`, `not-a-number`, `limit-exceeded`, `unsupported` where no token goes on
  ///   as the constraint asks; `CancellationError` when the task is cancelled.
  public func beamSearch(_ prompt: [Int32], _ options: BeamOptions = BeamOptions()) async throws -> BeamAnswers {
    try options.check()
    try check(prompt: prompt)
    let endTokens = options.stopTokens.union(options.ignoresEndOfText ? [] : self.endTokens)
    if options.constraint != nil, endTokens.isEmpty {
      throw AttendError(
        .invalidInput, "the model has no token that ends a text, so no beam can end where the constraint does",
        hint: "name one in stopTokens, or leave out the beams")
    }
    let constraint = try options.constraint.map { constraint throws(AttendError) in
      try state(of: constraint, endTokens: endTokens)
    }
    let room = model.contextLength - prompt.count
    let request = BeamRequest(
      .init(
        beams: options.beams, lengthPenalty: Double(options.lengthPenalty),
        longest: min(options.maxTokens ?? room, room),
        endTokens: endTokens, stopsEarly: options.stopsEarly, countsCutOnes: true))
    let started = ContinuousClock.now
    var cache = KeyValueCache(model.cacheShape, precision: precision)
    cache.reach = prompt.count + min(options.maxTokens ?? Self.usualAnswer, room)
    let writer = BeamWriter(model: model, precision: precision)
    let reading = Locked(BeamWriter.State(cache: cache, constraint: constraint))
    for start in stride(from: 0, to: prompt.count, by: Self.promptChunk) {
      try Task.checkCancellation()
      let piece = prompt[start..<min(start + Self.promptChunk, prompt.count)]
      try await run { try reading.withLock { try writer.read(piece, isLast: piece.endIndex == prompt.count, &$0) } }
    }
    let read = ContinuousClock.now
    let frontier = Locked(BeamFrontier(writer, [request], [reading.withLock { $0 }]))
    var steps = 0
    while true {
      try Task.checkCancellation()
      steps += 1
      let isDone = try await run {
        try frontier.withLock { frontier in
          try frontier.step()
          return frontier.isDone
        }
      }
      if isDone { break }
    }
    let found = frontier.withLock { $0.requests[0].finished }
    return BeamAnswers(
      answers: found.map(answer), promptTokens: prompt.count, steps: steps, promptSeconds: (read - started).seconds,
      decodeSeconds: (ContinuousClock.now - read).seconds)
  }

  private func answer(_ found: BeamRequest.Finished) -> BeamAnswers.Answer {
    var text = ""
    if var decoder = tokenizer?.streamingDecoder(skipSpecial: true) {
      for token in found.tokens { text += decoder.append(token) }
      text += decoder.finish()
    }
    return .init(
      tokens: found.tokens, text: text, score: found.score, reason: found.end.map { .endOfText($0) } ?? .length)
  }
}

/// A decoder's hypotheses: the prompt is read as a prompt, what follows as an answer is written.
private struct BeamWriter: BeamModel {
  struct State: @unchecked Sendable {
    // Sendable: moved between the generator's thread and the lock that holds it.
    var cache: KeyValueCache
    var constraint: ConstraintState?
    /// Of the prompt's last token, until the first step takes them.
    var logits: Tensor?
  }

  let model: any CausalLanguageModel
  let precision: Precision

  var vocabularySize: Int { model.vocabularySize }

  /// Reads a piece of the prompt.
  func read(_ piece: ArraySlice<Int32>, isLast: Bool, _ state: inout State) throws {
    let caches = [take(&state)]
    var pass = try ForwardPass(continuing: consume caches, lengths: [piece.count], phase: .prompt)
    pass.outputRows = isLast ? [piece.count - 1] : []
    let logits = model(Tensor(Array(piece), shape: [piece.count]), &pass)
    pass.finish()
    state.cache = pass.caches.removeLast()
    if isLast { state.logits = logits }
  }

  func step(_ tokens: [Int32?], _ states: inout [State]) throws -> Tensor {
    if states.count == 1, let logits = states[0].logits {
      states[0].logits = nil
      return logits
    }
    let ids = tokens.map { $0 ?? 0 }
    for index in states.indices { _ = try states[index].constraint?.advance(ids[index]) }
    let caches = states.indices.map { take(&states[$0]) }
    var pass = try ForwardPass(
      continuing: consume caches, lengths: [Int](repeating: 1, count: ids.count), phase: .decode)
    let logits = model(Tensor(ids, shape: [ids.count]), &pass)
    pass.finish()
    for index in states.indices.reversed() { states[index].cache = pass.caches.removeLast() }
    return logits
  }

  func allowed(_ state: inout State) throws -> TokenSet? { try state.constraint?.allowed() }

  /// Moves the cache out, so that a pass is its only owner: pages with two owners are copied.
  private func take(_ state: inout State) -> KeyValueCache {
    var taken = KeyValueCache(model.cacheShape, precision: precision)
    swap(&taken, &state.cache)
    return taken
  }
}
