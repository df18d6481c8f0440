// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPool} from "./IPool.sol";

/// What a keeper, an operator and a reader of logs need to know of a Stabilizer.
///
/// Two profiles, beside those of the Go engine (package stabilizer). D is what moves
/// the observed pool by 1 bps, in the smallest unit of its base token:
///
///                                      target          conservative
///   thresholdBps                       1               2
///   sustainBlocks                      1               2
///   minBlocks                          3               5
///   unitsPerBps                        1.01 D          0.51 D
///   maxStabilizationVolumePerBlock     20 D            10 D
///   maxSlippageBps                     30              15
///   maxGasPriceForStabilizer           200 gwei        100 gwei
///
/// The contract is the outer bound and the engine decides within it. So thresholdBps
/// is the engine's ThetaExitBps, the gas price its EmergencyGasGwei, and unitsPerBps a
/// little more than its UnitsPerBps. sustainBlocks is its SustainBlocks less one: the
/// engine counts the closes of blocks, of which one whole block has two.
interface IStabilizer {
    struct Config {
        IPool observed; // the pool whose price is held; its two tokens are the ones traded
        IPool[] route; // from its base token to its quote token: one pool, or two that share an anchor such as XAU
        uint256 peg; // what its mid price should be: quote units per base unit, times 1e18
        uint256 thresholdBps; // beyond this distance from the peg there is something to do; 1 to 5,000
        uint256 sustainBlocks; // for so many whole blocks, and since; 1 to 32
        uint256 minBlocks; // from one execution to the next; 1 to 1,000,000
        uint256 unitsPerBps; // k: base units that may be traded per bps of deviation
        uint256 maxStabilizationVolumePerBlock; // base units; what is sold in quote counts at the peg
        uint256 maxSlippageBps; // what is received may be worth so much less than what is sold, at the peg; 1 to 5,000
        uint256 maxGasPriceForStabilizer; // wei
    }

    event PrivateSwapExecuted(
        address indexed keeper,
        address indexed tokenIn,
        address indexed tokenOut,
        uint256 sold,
        uint256 received,
        int256 deviationBps // of the mid price before the trade
    );
    event Configured(Config config);
    event PegMoved(uint256 from, uint256 to);
    event KeeperSet(address indexed keeper, bool allowed);
    event Withdrawn(address indexed token, address indexed to, uint256 amount);

    error NotKeeper(address caller);
    error InvalidConfig(string field, uint256 value, string rule);
    error NothingToSell();
    error DeadlinePassed(uint256 deadlineBlock, uint256 currentBlock);
    error GasTooDear(uint256 gasPrice, uint256 most);
    error TooSoon(uint256 currentBlock, uint256 earliest);
    error NotSustained(uint256 nearestPrice, uint256 peg);
    error WrongDirection(address tokenIn, address tokenOut);
    error OutOfProportion(uint256 baseUnits, uint256 most);
    error OverBlockCap(uint256 baseUnits, uint256 most);
    error TooLittleReceived(uint256 received, uint256 least);
    error Overshot(uint256 price, uint256 peg);

    /// How far the observed pool's mid price is from the peg, in basis points towards
    /// zero, and whether a rebalance may be executed on that account: the price has been
    /// beyond the threshold, on one side, at every moment of the last sustainBlocks
    /// finished blocks and ever since. It answers for the block that it is asked in: ask at
    /// the pending one to learn about the next. Reverts until there is a configuration.
    function checkDeviation() external view returns (int256 deviationBps, bool shouldRebalance);

    /// Sells tradeSize of the contract's own tokenIn for at least minOut of tokenOut,
    /// in no later block than deadlineBlock, and returns what it received.
    function executePrivateSwap(
        uint256 tradeSize,
        address tokenIn,
        address tokenOut,
        uint256 minOut,
        uint256 deadlineBlock
    ) external returns (uint256 received);

    /// The same with no more of a bound than maxSlippageBps from the peg, in whichever
    /// block it is mined. It is as safe as the contract's own rules: each is judged in the
    /// block of execution, against the peg and not against a price that somebody could
    /// move just before. But what it gains over the peg is anybody's who gets in front of it;
    /// so a keeper that can quote should use the form above.
    function executePrivateSwap(uint256 tradeSize, address tokenIn, address tokenOut) external;

    function config() external view returns (Config memory);

    /// The first block in which the next execution is possible as far as the block
    /// delay goes.
    function nextExecution() external view returns (uint256);

    function isKeeper(address account) external view returns (bool);
}
