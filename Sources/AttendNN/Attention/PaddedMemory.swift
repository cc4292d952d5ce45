import AttendTensor

/// The states that queries attend to, one sequence to a row: sequences laid end to end, padded for queries that look at
/// whole sequences.
public struct PaddedMemory: Sendable {
  /// `[sequences, longest, width]`; behind a sequence's end lie copies of some state, which the mask hides.
  public let states: Tensor
  /// 0 where there is a state, −∞ behind the end: `[sequences, 1, longest]`.
  public let mask: Tensor
  /// Length of each sequence.
  public let lengths: [Int]

  /// - Parameters:
  ///   - states: `[tokens, width]`.
  ///   - sequences: rows of each sequence, none empty.
  public init(_ states: Tensor, sequences: [Range<Int>]) {
    lengths = sequences.map(\.count)
    let longest = lengths.max() ?? 0
    var rows: [Int32] = []
    var mask: [Float] = []
    for sequence in sequences {
      for place in 0..<longest {
        rows.append(Int32(sequence.lowerBound + min(place, sequence.count - 1)))
        mask.append(place < sequence.count ? 0 : -.infinity)
      }
    }
    self.states = states.gather(rows: Tensor(rows, shape: [sequences.count, longest]))
    self.mask = Tensor(mask, shape: [sequences.count, 1, longest]).cast(to: states.dtype)
  }
}
