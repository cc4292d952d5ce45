import AttendTensor

extension GradientCases {
  static let convolutions: [GradientCase] = {
    @Sendable func options(_ stride: [Int], _ padding: [Int], _ dilation: [Int], groups: Int = 1) -> ConvolutionOptions
    {
      ConvolutionOptions(stride: stride, padding: padding, dilation: dilation, groups: groups)
    }
    return [
      GradientCase("convolution", [[2, 2, 6], [3, 2, 3], [3]]) {
        $0[0].convolution(weight: $0[1], bias: $0[2], options: options([1], [0], [1]))
      },
      GradientCase("convolution padded", [[1, 2, 5], [2, 2, 3]]) {
        $0[0].convolution(weight: $0[1], options: options([2], [2], [2]))
      },
      GradientCase("convolution of groups", [[2, 4, 5], [4, 2, 2], [4]]) {
        $0[0].convolution(weight: $0[1], bias: $0[2], options: options([1], [1], [1], groups: 2))
      },
      GradientCase("convolution of planes", [[2, 2, 4, 5], [2, 2, 3, 2], [2]]) {
        $0[0].convolution(weight: $0[1], bias: $0[2], options: options([2, 1], [1, 0], [1, 2]))
      },
      GradientCase("convolution with overlap", [[1, 1, 4, 4], [1, 1, 3, 3]]) {
        $0[0].convolution(weight: $0[1], options: options([1, 1], [1, 1], [1, 1]))
      },
      GradientCase("convolution of nothing", [[0, 2, 4], [3, 2, 2]]) {
        $0[0].convolution(weight: $0[1], options: options([1], [0], [1]))
      },
      GradientCase("convolution too small", [[1, 2, 2], [3, 2, 3]]) {
        $0[0].convolution(weight: $0[1], options: options([1], [0], [1]))
      },
    ]
  }()

  static let ctc: [GradientCase] = [
    GradientCase("ctc", [[9, 4]]) {
      $0[0].logSoftmax().ctcLosses(targets: [[1, 1], [3, 2]], sequences: [0..<5, 5..<9])
    },
    // By the log probabilities themselves, which need not add up to one.
    GradientCase("ctc of any numbers", [[6, 3]]) {
      $0[0].ctcLosses(targets: [[0, 1], []], sequences: [0..<4, 4..<6], blank: 2)
    },
    GradientCase("ctc of impossible targets", [[4, 3]]) {
      $0[0].logSoftmax().ctcLoss(
        targets: [[1, 1], [2], []], sequences: [0..<2, 2..<4, 4..<4], zeroesInfinite: true)
    },
  ]
}
