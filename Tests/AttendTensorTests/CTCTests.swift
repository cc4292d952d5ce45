import AttendTensor
import AttendTestSupport
import Testing

/// The CTC loss against PyTorch's.
@Suite struct CTCTests {
  @Test(arguments: ["plain", "last_blank", "empty_target", "impossible", "one_frame", "long"])
  func agreesWithPyTorch(_ name: String) throws {
    let file = try FixtureTensors("layers/ctc.safetensors")
    func tensor(_ part: String) throws -> Tensor { try file.tensor("\(name).\(part)") }
    func split(_ lengths: [Int]) -> [Range<Int>] {
      var end = 0
      return lengths.map { length in
        end += length
        return end - length..<end
      }
    }
    let labels = try file.integers("\(name).targets").map(Int32.init)
    let targets = split(try file.integers("\(name).target_lengths")).map { Array(labels[$0]) }
    let sequences = split(try file.integers("\(name).frames"))
    let blank = try file.integers("\(name).blank")[0]
    let logits = try tensor("logits").leaf()
    let logs = logits.logSoftmax()
    let losses = logs.ctcLosses(targets: targets, sequences: sequences, blank: blank, zeroesInfinite: true)
    #expect(largestDifference(losses, try tensor("losses")) <= 1e-5 * 50)
    for (found, expected) in zip(
      losses.scalars(Float.self), try tensor("losses").scalars(Float.self))
    {
      #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)))
    }
    let infinite = logs.ctcLosses(targets: targets, sequences: sequences, blank: blank).scalars(Float.self)
    #expect(infinite.map(\.isInfinite) == (try tensor("infinite").scalars(Float.self).map(\.isInfinite)))
    let mean = logs.ctcLoss(targets: targets, sequences: sequences, blank: blank, zeroesInfinite: true)
    #expect(abs(mean.item() - (try tensor("mean").item())) <= 1e-5)
    let gradient = Tensor.gradients(of: (losses * (try tensor("upstream"))).sum(), with: [logits])[0]
    #expect(largestDifference(gradient, try tensor("grad.logits")) <= 1e-4)
  }

  @Test func greedyLabelsMergeRepeatsAndDropBlanks() {
    let path: [Int] = [1, 1, 0, 1, 2, 2, 0, 0, 2, 3, 3]
    var logits = [Float](repeating: 0, count: path.count * 4)
    for (frame, label) in path.enumerated() { logits[frame * 4 + label] = 1 }
    let scores = Tensor(logits, shape: [path.count, 4])
    #expect(scores.ctcGreedyLabels(sequences: [0..<6, 6..<6, 6..<11]) == [[1, 1, 2], [], [2, 3]])
    // A sequence that begins with the last label of the one before it.
    #expect(scores.ctcGreedyLabels(sequences: [0..<1, 1..<4], blank: 0) == [[1], [1, 1]])
    #expect(scores.ctcGreedyLabels(sequences: [8..<11], blank: 3) == [[2]])
  }
}
