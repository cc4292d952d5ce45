import AttendBase
import AttendTensor

/// The randomness of one training step: keys are drawn in the order in which the model asks, so the same seed and step
/// give the same masks, and a recomputed block that starts from a copy draws the same keys again.
public struct Training: Sendable {
  public let seed: UInt64
  public let step: UInt64
  private var drawn: UInt64 = 0

  /// - Parameter step: counts updates; every micro-batch of one update needs a step, or a seed, of its own.
  public init(seed: UInt64, step: UInt64) {
    self.seed = seed
    self.step = step
  }

  public mutating func nextKey() -> RandomKey {
    defer { drawn += 1 }
    return RandomKey(seed: seed, stream: step).derived(drawn)
  }
}

extension ForwardPass {
  /// Whether the model is being trained: dropout drops, batch norms use their batch.
  public var isTraining: Bool { training != nil }

  /// Zeroes elements with probability `rate` and scales the others while training; else x itself.
  public mutating func dropout(_ x: Tensor, _ rate: Float) -> Tensor {
    guard rate > 0, let key = training?.nextKey() else { return x }
    return x.dropout(rate: rate, key: key)
  }

  /// Runs a block without keeping its inner results for the backward pass, which runs it again with the same dropout.
  /// Memory becomes that of one block, time about a third more.
  ///
  /// What is being differentiated and is no parameter comes in through `x`, not by capture. Gradients are the same bits as
  /// without, but for an input that others use too: its gradient is added up inside the block first.
  public mutating func checkpoint(
    _ x: Tensor, _ body: @escaping @Sendable (Tensor, inout ForwardPass) -> Tensor
  ) -> Tensor {
    checkpoint([x]) { inputs, pass in body(inputs[0], &pass) }
  }

  /// The same for a block of several inputs, such as a decoder's that also looks at the encoder's states.
  public mutating func checkpoint(
    _ inputs: [Tensor], _ body: @escaping @Sendable ([Tensor], inout ForwardPass) -> Tensor
  ) -> Tensor {
    let start = self
    return Tensor.checkpointed(
      inputs, { body($0, &self) },
      again: { inputs in
        var pass = start
        // Who watches has seen this block already.
        pass.observer = nil
        return body(inputs, &pass)
      })
  }

  /// Dropout of an attention's weights; nil when nothing is dropped.
  public mutating func attentionDropout(_ rate: Float) -> AttentionDropout? {
    guard rate > 0, let key = training?.nextKey() else { return nil }
    return AttentionDropout(rate: rate, key: key)
  }
}
