import AttendBase
import AttendNN
import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How well a model predicts a text.
public struct Likelihood: Sendable, Equatable {
  /// Tokens that were predicted.
  public var predictions: Int
  /// −Σ log p(token | the tokens before it), in nats.
  public var negativeLogLikelihood: Double

  /// Mean over the predictions, in nats.
  public var mean: Double { predictions > 0 ? negativeLogLikelihood / Double(predictions) : 0 }
  /// exp(mean).
  public var perplexity: Double { exp(mean) }
}

extension Generator {
  /// Rows of logits held at once: 128 of them with a vocabulary of 50,000 take 25 MB.
  private static let likelihoodChunk = 128

  /// −Σ log softmax(logits)[next token] over a text. A text longer than the model's context is cut into windows of that
  /// length, each of which starts anew: its first token is not predicted.
  /// - Throws: `invalid-input` when there are fewer than two tokens or one is outside the vocabulary; `not-a-number`;
  ///   `CancellationError`.
  public func negativeLogLikelihood(of ids: [Int32]) async throws -> Likelihood {
    guard ids.count > 1 else {
      throw AttendError(
        .invalidInput, "a text of \(ids.count) tokens has nothing to predict", hint: "give a text of two tokens or more"
      )
    }
    let window = max(model.contextLength, 2)
    let cancellation = Locked(false)
    return try await withTaskCancellationHandler {
      try await run { [self] in
        var total = Likelihood(predictions: 0, negativeLogLikelihood: 0)
        for start in stride(from: 0, to: ids.count - 1, by: window) {
          try likelihood(of: ids[start..<min(start + window, ids.count)], addingTo: &total) {
            cancellation.withLock { $0 }
          }
        }
        return total
      }
    } onCancel: {
      cancellation.withLock { $0 = true }
    }
  }

  private func likelihood(
    of window: ArraySlice<Int32>, addingTo total: inout Likelihood, isCancelled: () -> Bool
  ) throws {
    for id in window where id < 0 || Int(id) >= model.vocabularySize {
      throw AttendError(.invalidInput, "the token \(id) is outside the model's vocabulary of \(model.vocabularySize)")
    }
    var cache = KeyValueCache(model.cacheShape, precision: precision)
    var scratch = [Float](repeating: 0, count: model.vocabularySize)
    // The last token is predicted but predicts nothing.
    var start = window.startIndex
    while start < window.endIndex - 1 {
      if isCancelled() { throw CancellationError() }
      let end = min(start + Self.likelihoodChunk, window.endIndex - 1)
      var pass = try ForwardPass(continuing: [cache], lengths: [end - start], phase: .prompt)
      let logits = model(Tensor(Array(window[start..<end]), shape: [end - start]), &pass)
      pass.finish()
      cache = pass.caches.removeLast()
      try logits.withFloats { rows in
        for position in start..<end {
          let row = UnsafeBufferPointer(start: rows + (position - start) * scratch.count, count: scratch.count)
          let loss = scratch.withUnsafeMutableBufferPointer { scratch in
            scratch.baseAddress.map {
              Selection.negativeLogLikelihood(row, target: Int(window[position + 1]), scratch: $0)
            } ?? .nan
          }
          guard !loss.isNaN else {
            throw AttendError(
              .notANumber, "token \(position + 1): the model's logits are not numbers",
              hint: "the weights may be damaged; if not, try the precision exact")
          }
          total.negativeLogLikelihood += loss
          total.predictions += 1
        }
      }
      start = end
    }
  }
}
