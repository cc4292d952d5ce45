/// Unicode's compatibility decompositions, which take `ﬁ` for `fi` and `①` for `1`: with the canonical forms of the
/// standard library they make NFKC and NFKD. Unicode Standard Annex 15.
///
/// The characters are those of the tokenizers library, which later versions of Unicode have added to: ids of tokens
/// depend on it.
struct CompatibilityForms: Sendable {
  static let shared = CompatibilityForms(compatibilityRuns)

  /// Scalars that follow each other, and the place of what stands for the first.
  private struct Run {
    let first: UInt32
    let count: UInt32
    let form: Range<Int>
  }

  private let table: [UInt32]
  private let runs: [Run]

  private init(_ table: [UInt32]) {
    var runs: [Run] = []
    var position = 0
    while position < table.count {
      let header = table[position]
      let form = position + 1..<position + 1 + Int(header & 31)
      runs.append(Run(first: header >> 11, count: (header >> 5 & 63) + 1, form: form))
      position = form.upperBound
    }
    self.table = table
    self.runs = runs
  }

  /// What stands for a scalar, fully decomposed; nil when it stands for itself or is decomposed canonically only.
  subscript(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    let value = scalar.value
    guard value >= 0xA0 else { return nil }
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].first <= value { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let run = runs[low - 1]
    let offset = value - run.first
    guard offset < run.count else { return nil }
    // In runs of several the form is one scalar.
    return table[run.form].compactMap { Unicode.Scalar($0 + offset) }
  }
}
