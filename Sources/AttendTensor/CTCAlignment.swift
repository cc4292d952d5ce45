#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The alignments of one sequence with its target: paths through the target's labels with a blank before, between and
/// after them, which stay, go on by one, or skip the blank between two different labels.
struct CTCAlignment: Sendable {
  /// Blank, label, blank, …, blank.
  let states: [Int]
  let frames: Range<Int>

  init(target: [Int32], frames: Range<Int>, blank: Int) {
    states = [blank] + target.flatMap { [Int($0), blank] }
    self.frames = frames
  }

  /// −log p(target | frames).
  func loss(_ logs: UnsafePointer<Double>, classes: Int) -> Double {
    guard !frames.isEmpty else { return states.count == 1 ? 0 : .infinity }
    var row = firstRow(logs, classes: classes)
    for frame in frames.dropFirst() { row = nextRow(row, logs + frame * classes) }
    return -ending(row)
  }

  /// Adds the derivative by the log probabilities: −scale · p(the path is at a state of that label in that frame | target).
  func addGradient(
    _ logs: UnsafePointer<Double>, classes: Int, scale: Double, zeroesInfinite: Bool,
    to out: UnsafeMutablePointer<Double>
  ) {
    guard !frames.isEmpty else { return }
    // Forward rows of all frames, then one backward row at a time.
    var forward = [firstRow(logs, classes: classes)]
    forward.reserveCapacity(frames.count)
    for frame in frames.dropFirst() { forward.append(nextRow(forward[forward.count - 1], logs + frame * classes)) }
    let total = ending(forward[forward.count - 1])
    guard total > -.infinity else {
      if !zeroesInfinite {
        for place in frames.lowerBound * classes..<frames.upperBound * classes { out[place] = .nan }
      }
      return
    }
    // after[s]: log of what follows, given that the path is at s in this frame.
    var after = states.indices.map { $0 >= states.count - 2 ? 0 : -Double.infinity }
    for frame in frames.reversed() {
      let row = forward[frame - frames.lowerBound]
      for (state, label) in states.enumerated() {
        let share = row[state] + after[state] - total
        if share > -.infinity { out[frame * classes + label] -= scale * exp(share) }
      }
      if frame > frames.lowerBound { after = previousRow(after, logs + frame * classes) }
    }
  }

  private func firstRow(_ logs: UnsafePointer<Double>, classes: Int) -> [Double] {
    states.indices.map { $0 < 2 ? logs[frames.lowerBound * classes + states[$0]] : -.infinity }
  }

  private func nextRow(_ row: [Double], _ logs: UnsafePointer<Double>) -> [Double] {
    states.indices.map { state in
      var sum = row[state]
      if state > 0 { sum = logSum(sum, row[state - 1]) }
      if canSkip(to: state) { sum = logSum(sum, row[state - 2]) }
      return sum + logs[states[state]]
    }
  }

  /// What follows in the frame before, given `after` of this frame and its logs.
  private func previousRow(_ after: [Double], _ logs: UnsafePointer<Double>) -> [Double] {
    let here = states.indices.map { after[$0] + logs[states[$0]] }
    return states.indices.map { state in
      var sum = here[state]
      if state + 1 < states.count { sum = logSum(sum, here[state + 1]) }
      if state + 2 < states.count && canSkip(to: state + 2) { sum = logSum(sum, here[state + 2]) }
      return sum
    }
  }

  private func canSkip(to state: Int) -> Bool { state >= 2 && state % 2 == 1 && states[state] != states[state - 2] }

  /// Paths end at the last label or the blank after it.
  private func ending(_ row: [Double]) -> Double {
    row.count == 1 ? row[0] : logSum(row[row.count - 1], row[row.count - 2])
  }

  private func logSum(_ a: Double, _ b: Double) -> Double {
    let (most, least) = a > b ? (a, b) : (b, a)
    // NaN in either goes through.
    if least == -.infinity { return most }
    return most + log1p(exp(least - most))
  }
}
