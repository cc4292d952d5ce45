import AttendBase
import AttendNN
import AttendTensor

/// The adding problem: of a sequence of random numbers, two are marked, and their sum is asked for at the end.
/// Hochreiter & Schmidhuber 1997, section 5.4, as Le et al. 2015, arXiv:1504.00941, pose it: numbers in [0, 1), one mark
/// in each half.
package struct AddingBatch: Sendable {
  /// The error of always answering 1, the best answer that looks at nothing: twice the variance of a uniform number.
  package static let baseline = 1.0 / 6

  /// `[sequences · length, 2]`: the number, and 1 where it is marked.
  package let inputs: Tensor
  /// The sums, `[sequences, 1]`.
  package let targets: Tensor
  /// The row at which each sequence ends.
  package let lastRows: [Int]
  package let lengths: [Int]

  package init(count: Int, length: Int, random: SeededRandom) {
    var random = random
    var inputs: [Float] = []
    inputs.reserveCapacity(2 * count * length)
    var targets: [Float] = []
    for _ in 0..<count {
      let marks = [Int.random(in: 0..<length / 2, using: &random), Int.random(in: length / 2..<length, using: &random)]
      var sum: Float = 0
      for place in 0..<length {
        let number = random.uniformFloat()
        let isMarked = marks.contains(place)
        inputs += [number, isMarked ? 1 : 0]
        if isMarked { sum += number }
      }
      targets.append(sum)
    }
    self.inputs = Tensor(inputs, shape: [count * length, 2])
    self.targets = Tensor(targets, shape: [count, 1])
    lastRows = (1...count).map { $0 * length - 1 }
    lengths = Array(repeating: length, count: count)
  }

  /// Mean squared error of a model's answers.
  package func error(_ model: SequenceReader) -> Tensor {
    var pass = ForwardPass(lengths: lengths)
    return (model(inputs, rows: lastRows, &pass) - targets).squared().mean()
  }
}

/// Which random numbers a batch is drawn from: training never sees those of validation and test.
package enum StudyStream: UInt64 {
  case training = 1
  case validation, test, inputs

  /// - Parameter step: the batch's number.
  package func random(_ seed: UInt64, _ step: Int = 0) -> SeededRandom {
    SeededRandom(seed: seed, stream: rawValue << 48 | UInt64(truncatingIfNeeded: step))
  }
}
