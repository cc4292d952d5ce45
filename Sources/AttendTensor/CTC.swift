extension Tensor {
  /// Connectionist temporal classification: −log of the probability that the frames of each sequence spell its target,
  /// summed over all alignments. Graves et al. 2006, section 4.
  ///
  /// A frame says a label or the blank; repeated labels merge unless a blank stands between them. O(frames · target
  /// length) for each sequence, in double precision.
  /// - Parameters:
  ///   - self: log probabilities, `[frames, classes]` (``logSoftmax(axis:)``), the sequences laid end to end.
  ///   - targets: the labels of each sequence, each below `classes` and none the blank; may be empty.
  ///   - sequences: the frames of each sequence.
  ///   - blank: the class that says nothing.
  ///   - zeroesInfinite: a target that its frames cannot spell costs 0 and passes no gradient, rather than ∞ and NaN.
  /// - Returns: `[sequences]`.
  public func ctcLosses(
    targets: [[Int32]], sequences: [Range<Int>], blank: Int = 0, zeroesInfinite: Bool = false
  ) -> Tensor {
    requireFloats("ctcLosses")
    guard rank == 2, targets.count == sequences.count,
      sequences.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= shape[0] })
    else { shapeMismatch("CTC of \(targets.count) targets and \(sequences.count) sequences", shape) }
    for label in targets.joined() where label < 0 || label >= shape[1] {
      indexOutOfRange("CTC", Int(label), count: shape[1])
    }
    guard blank >= 0 && blank < shape[1] else { indexOutOfRange("CTC's blank", blank, count: shape[1]) }
    let alignments = zip(targets, sequences).map { CTCAlignment(target: $0, frames: $1, blank: blank) }
    let losses = Tensor.zeros([sequences.count], .float64)
    detached().withDoubles { [classes = shape[1]] logs in
      let out = losses.pointer(Double.self)
      parallelFor(alignments.count, grain: 1) { range in
        for index in range {
          let loss = alignments[index].loss(logs, classes: classes)
          out[index] = zeroesInfinite && loss == .infinity ? 0 : loss
        }
      }
    }
    return record(.ctc, losses.cast(to: dtype), self) { upstream, x in
      let result = Tensor.zeros(x.shape, .float64)
      let scales = upstream.cast(to: .float64).scalars(Double.self)
      x.withDoubles { logs in
        let out = result.pointer(Double.self)
        parallelFor(alignments.count, grain: 1) { range in
          for index in range {
            alignments[index].addGradient(
              logs, classes: x.shape[1], scale: scales[index], zeroesInfinite: zeroesInfinite, to: out)
          }
        }
      }
      return result.cast(to: x.dtype)
    }
  }

  /// The mean over sequences of each one's ``ctcLosses(targets:sequences:blank:zeroesInfinite:)`` divided by its target's
  /// length (at least 1), as PyTorch's `reduction="mean"`.
  public func ctcLoss(
    targets: [[Int32]], sequences: [Range<Int>], blank: Int = 0, zeroesInfinite: Bool = false
  ) -> Tensor {
    let losses = ctcLosses(targets: targets, sequences: sequences, blank: blank, zeroesInfinite: zeroesInfinite)
    let lengths = Tensor(targets.map { Double(Swift.max($0.count, 1)) }).cast(to: dtype)
    return (losses / lengths).sum() / Double(Swift.max(targets.count, 1))
  }

  /// The most probable class of every frame of each sequence, repeats merged and blanks left out.
  /// - Parameter self: logits or log probabilities, `[frames, classes]`.
  public func ctcGreedyLabels(sequences: [Range<Int>], blank: Int = 0) -> [[Int32]] {
    requireFloats("ctcGreedyLabels")
    guard rank == 2, shape[1] > 0, sequences.allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= shape[0] })
    else { shapeMismatch("greedy CTC", shape) }
    let best = backend.argmax(detached()).scalars(Int64.self)
    return sequences.map { frames in
      frames.filter { best[$0] != Int64(blank) && ($0 == frames.lowerBound || best[$0] != best[$0 - 1]) }
        .map { Int32(truncatingIfNeeded: best[$0]) }
    }
  }

  private func withDoubles<R>(_ body: (UnsafePointer<Double>) -> R) -> R {
    cast(to: .float64).withBytes { body($0.assumingMemoryBound(to: Double.self)) }
  }
}
