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

  /// −Σ log softmax(logits)[next token] over a text. A text longer than the model's context is read in windows of that
  /// length. Each starts anew `stride` tokens after the one before it and counts what that one did not: a token sees at
  /// least context − stride others before it, where windows side by side leave the first tokens of each with few.
  /// - Parameter stride: from 1 to the context's length; nil for windows side by side, whose first tokens are not
  ///   predicted.
  /// - Throws: `invalid-input` when there are fewer than two tokens, one is outside the vocabulary or the stride is out of
  ///   bounds; `not-a-number`; `CancellationError`.
  public func negativeLogLikelihood(of ids: [Int32], stride: Int? = nil) async throws -> Likelihood {
    guard ids.count > 1 else {
      throw AttendError(
        .invalidInput, "a text of \(ids.count) tokens has nothing to predict", hint: "give a text of two tokens or more"
      )
    }
    for id in ids where id < 0 || Int(id) >= model.vocabularySize {
      throw AttendError(.invalidInput, "the token \(id) is outside the model's vocabulary of \(model.vocabularySize)")
    }
    let window = max(model.contextLength, 2)
    let step = stride ?? window
    guard (1...window).contains(step) else {
      throw AttendError(.invalidInput, "a stride of \(step) tokens", hint: "it is from 1 to the context of \(window)")
    }
    var total = Likelihood(predictions: 0, negativeLogLikelihood: 0)
    var predicted = 0
    for first in Swift.stride(from: 0, to: ids.count - 1, by: step) where predicted < ids.count - 1 {
      // The last token is predicted but predicts nothing.
      let last = min(first + window, ids.count) - 1
      var empty = KeyValueCache(model.cacheShape, precision: precision)
      empty.reach = last + 1 - first
      let cache = Locked(empty)
      let counted = max(first, predicted)
      for start in Swift.stride(from: first, to: last, by: likelihoodChunk) {
        try Task.checkCancellation()
        let tokens = ids[start...min(start + likelihoodChunk, last)]
        // A piece at a time: requests go on in between.
        let part = try await run { [self] in
          try cache.withLock { cache in try likelihood(of: tokens, after: counted, continuing: &cache) }
        }
        total.negativeLogLikelihood += part.negativeLogLikelihood
        total.predictions += part.predictions
      }
      predicted = last
    }
    return total
  }

  /// Reads all tokens but the last one; each predicts the next.
  /// - Parameter counted: only tokens after this index count.
  private func likelihood(
    of tokens: ArraySlice<Int32>, after counted: Int, continuing cache: inout KeyValueCache
  ) throws -> Likelihood {
    // The cache moves into the pass and back, so that its pages keep one owner.
    var moved = KeyValueCache(model.cacheShape, precision: precision)
    swap(&moved, &cache)
    let count = tokens.count - 1
    var pass = try ForwardPass(continuing: [consume moved], lengths: [count], phase: .prompt)
    pass.outputRows = Array(min(max(0, counted - tokens.startIndex), count)..<count)
    let logits = model(Tensor(Array(tokens.dropLast()), shape: [count]), &pass)
    pass.finish()
    cache = pass.caches.removeLast()
    var total = Likelihood(predictions: 0, negativeLogLikelihood: 0)
    let width = model.vocabularySize
    var scratch = [Float](repeating: 0, count: width)
    try logits.withFloats { rows in
      for (index, target) in tokens.suffix(logits.shape[0]).enumerated() {
        let row = UnsafeBufferPointer(start: rows + index * width, count: width)
        let loss = scratch.withUnsafeMutableBufferPointer { scratch in
          scratch.baseAddress.map { Selection.negativeLogLikelihood(row, target: Int(target), scratch: $0) } ?? .nan
        }
        guard !loss.isNaN else {
          throw AttendError(
            .notANumber, "token \(tokens.endIndex - logits.shape[0] + index): the model's logits are not numbers",
            hint: "the weights may be damaged; if not, try the precision exact")
        }
        total.negativeLogLikelihood += loss
        total.predictions += 1
      }
    }
    return total
  }
}
