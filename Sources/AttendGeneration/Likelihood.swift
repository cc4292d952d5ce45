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
  /// Rows of logits held at once: 128, or as many as take 64 MiB.
  private var likelihoodChunk: Int { min(128, max(1, (16 << 20) / max(model.vocabularySize, 1))) }

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
    for id in ids where id < 0 || Int(id) >= model.vocabularySize {
      throw AttendError(.invalidInput, "the token \(id) is outside the model's vocabulary of \(model.vocabularySize)")
    }
    let window = max(model.contextLength, 2)
    var total = Likelihood(predictions: 0, negativeLogLikelihood: 0)
    for first in stride(from: 0, to: ids.count - 1, by: window) {
      let cache = Locked(KeyValueCache(model.cacheShape, precision: precision))
      // The last token is predicted but predicts nothing.
      let last = min(first + window, ids.count) - 1
      for start in stride(from: first, to: last, by: likelihoodChunk) {
        try Task.checkCancellation()
        let tokens = ids[start...min(start + likelihoodChunk, last)]
        // A piece at a time: requests go on in between.
        let part = try await run { [self] in
          try cache.withLock { cache in try likelihood(of: tokens, continuing: &cache) }
        }
        total.negativeLogLikelihood += part.negativeLogLikelihood
        total.predictions += part.predictions
      }
    }
    return total
  }

  /// Reads all tokens but the last one; each predicts the next.
  private func likelihood(
    of tokens: ArraySlice<Int32>, continuing cache: inout KeyValueCache
  ) throws -> Likelihood {
    // The cache moves into the pass and back, so that its pages keep one owner.
    var moved = KeyValueCache(model.cacheShape, precision: precision)
    swap(&moved, &cache)
    let count = tokens.count - 1
    var pass = try ForwardPass(continuing: [consume moved], lengths: [count], phase: .prompt)
    let logits = model(Tensor(Array(tokens.dropLast()), shape: [count]), &pass)
    pass.finish()
    cache = pass.caches.removeLast()
    var total = Likelihood(predictions: 0, negativeLogLikelihood: 0)
    let width = model.vocabularySize
    var scratch = [Float](repeating: 0, count: width)
    try logits.withFloats { rows in
      for (index, target) in tokens.dropFirst().enumerated() {
        let row = UnsafeBufferPointer(start: rows + index * width, count: width)
        let loss = scratch.withUnsafeMutableBufferPointer { scratch in
          scratch.baseAddress.map { Selection.negativeLogLikelihood(row, target: Int(target), scratch: $0) } ?? .nan
        }
        guard !loss.isNaN else {
          throw AttendError(
            .notANumber, "token \(tokens.startIndex + index + 1): the model's logits are not numbers",
            hint: "the weights may be damaged; if not, try the precision exact")
        }
        total.negativeLogLikelihood += loss
        total.predictions += 1
      }
    }
    return total
  }
}
