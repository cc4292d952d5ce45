import AttendBase

/// A running request: its events as they happen.
///
/// Iterate over it once. The request ends when the text does, when ``cancel()`` is called, when the iterating task is
/// cancelled, or when nobody iterates any more; the latter three take effect within one step of the model.
public struct Generation: AsyncSequence, Sendable {
  public typealias Element = GenerationEvent
  public typealias AsyncIterator = AsyncThrowingStream<GenerationEvent, any Error>.Iterator

  let events: AsyncThrowingStream<GenerationEvent, any Error>
  let cancellation: Locked<Bool>

  public func makeAsyncIterator() -> AsyncIterator { events.makeAsyncIterator() }

  /// Ends the request soon; it still reports what was certain and how it ended.
  public func cancel() { cancellation.withLock { $0 = true } }

  /// Waits for the end.
  /// - Returns: the whole text and how it ended.
  /// - Throws: `CancellationError` when the task is cancelled first.
  public func result() async throws -> (text: String, summary: GenerationSummary) {
    var text = ""
    for try await event in self {
      switch event {
      case .text(let piece): text += piece
      case .finished(let summary): return (text, summary)
      case .started, .token, .logProbabilities, .toolCall: break
      }
    }
    throw CancellationError()
  }
}
