import AttendBase

/// Runs `run` on damaged copies of the seeds, a few damages each: bytes changed, removed, doubled, spliced from another
/// seed or cut off.
/// - Parameter likely: characters with a meaning in these texts.
package func runMutated(
  _ seeds: [[UInt8]], count: Int, seed: UInt64, likely: String, _ run: (UnsafeRawBufferPointer) -> Void
) {
  var random = SeededRandom(seed: seed)
  for _ in 0..<count {
    var bytes = seeds.randomElement(using: &random) ?? []
    for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
      let start = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(start + Int.random(in: 1...12, using: &random), bytes.count)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[start] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(start..<end)
      case 2: bytes.insert(contentsOf: bytes[start..<end], at: end)
      case 3: bytes[start] = likely.utf8.randomElement(using: &random) ?? 0
      case 4:
        let other = seeds.randomElement(using: &random) ?? []
        let from = other.isEmpty ? 0 : Int.random(in: 0..<other.count, using: &random)
        bytes.replaceSubrange(start..<end, with: other[from..<min(from + 20, other.count)])
      default: bytes.removeSubrange(end...)
      }
    }
    bytes.withUnsafeBytes(run)
  }
}
