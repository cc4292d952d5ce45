/// Which rows take part in each step of a recurrence: sequences sorted by length, the longest first, so that those
/// still active at a step are the first ones.
package struct RecurrencePlan: Sendable {
  package let cell: RecurrentCell
  package let sequences: [Range<Int>]
  package let isReversed: Bool
  /// Sequence numbers, longest first, equal lengths in their own order.
  package let order: [Int]
  package let tokens: Int

  package init(_ cell: RecurrentCell, sequences: [Range<Int>], reversed: Bool) {
    var end = 0
    for rows in sequences {
      guard rows.lowerBound == end else { shapeMismatch("recurrence over sequences \(sequences)") }
      end = rows.upperBound
    }
    self.cell = cell
    self.sequences = sequences
    isReversed = reversed
    tokens = end
    order = sequences.indices.sorted { a, b in
      sequences[a].count == sequences[b].count ? a < b : sequences[a].count > sequences[b].count
    }
  }

  package var stepCount: Int { order.first.map { sequences[$0].count } ?? 0 }

  /// How many sequences are active at each step.
  package var activeCounts: [Int] {
    var counts: [Int] = []
    var active = order.count
    for step in 0..<stepCount {
      while sequences[order[active - 1]].count <= step { active -= 1 }
      counts.append(active)
    }
    return counts
  }

  /// The rows of all steps one after another.
  var rowsByStep: [Int32] {
    var rows: [Int32] = []
    rows.reserveCapacity(tokens)
    for (step, count) in activeCounts.enumerated() {
      for sequence in order[..<count] {
        let range = sequences[sequence]
        rows.append(Int32(isReversed ? range.upperBound - 1 - step : range.lowerBound + step))
      }
    }
    return rows
  }

  /// The row after each sequence's last step, `[sequences, width]`: an empty sequence keeps its initial state.
  func lastRows(of output: Tensor, initial: Tensor?) -> Tensor {
    let rows = sequences.enumerated().map { index, range in
      Int32(range.isEmpty ? tokens + index : isReversed ? range.lowerBound : range.upperBound - 1)
    }
    guard sequences.contains(where: \.isEmpty) else { return output.gather(rows: Tensor(rows)) }
    let first = initial ?? .zeros([sequences.count, output.shape[1]], output.dtype)
    return Tensor.concatenated([output, first], axis: 0).gather(rows: Tensor(rows))
  }
}
