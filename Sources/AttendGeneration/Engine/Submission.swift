import AttendBase
import AttendTensor

/// A request as its caller sees it: what was asked for, and where the events go.
struct Submission: Sendable {
  let number: Int
  let options: GenerationOptions
  let submitted: ContinuousClock.Instant
  let cancellation: Locked<Bool>
  let memory: PrefixMemory?
  let completion: (@Sendable (Said, GenerationSummary) -> Void)?
  let events: AsyncThrowingStream<GenerationEvent, any Error>.Continuation

  /// What the engine works on.
  /// - Throws: `invalid-input`, `context-overflow`.
  func request(from prompt: [Int32], _ generator: Generator) throws(AttendError) -> RunningRequest {
    try generator.check(prompt: prompt)
    let answer = try Answer(generator, prompt: prompt, options: options, submitted: submitted) {
      [events] event in events.yield(event)
    }
    let model = generator.model
    // Decided once: keys of one form mean nothing beside those of another.
    let most = min(options.maxTokens ?? Generator.usualAnswer, model.contextLength)
    let reach = min(prompt.count + most, model.contextLength)
    let form = model.positionForm(reach: reach)
    var cache = KeyValueCache(model.cacheShape, precision: generator.precision)
    cache.reach = reach
    return RunningRequest(
      number: number,
      tokens: memory?.phases(of: prompt, form: form) ?? prompt.map { PhasedToken($0, .prompt, form: form) }, form: form,
      answer: answer, priority: options.priority, speculation: generator.speculation(options),
      submitted: submitted,
      cancellation: cancellation, emptyCache: { [cache] in cache }, end: end)
  }

  /// Reports the end. The next request with the same memory starts.
  /// - Parameter computed: the tokens whose positions were computed, in their phases.
  @Sendable func end(_ result: Result<(Said, GenerationSummary), any Error>, _ computed: [PhasedToken]) {
    switch result {
    case .success(let (said, summary)):
      memory?.remember(computed)
      completion?(said, summary)
      events.yield(.finished(summary))
      events.finish()
    case .failure(let error): events.finish(throwing: error)
    }
    memory?.leave()
  }
}
