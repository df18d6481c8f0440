// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PMM} from "./PMM.sol";

/// A pool of the proactive market maker: what traders, the stabilizer and watchers
/// call. Amounts are in each token's smallest unit. A price is quote units per base
/// unit, times 1e18. Names with underscores are those of DODO contractV2, so that what
/// reads its pools reads these.
interface IPool {
    /// The reserves, and the price they give, after every change; a price of 0 is none.
    event Reserves(uint256 base, uint256 quote, uint256 midPrice);
    event DODOSwap(
        address fromToken, address toToken, uint256 fromAmount, uint256 toAmount, address trader, address receiver
    );

    function _BASE_TOKEN_() external view returns (address);
    function _QUOTE_TOKEN_() external view returns (address);

    /// The curve, with its targets adjusted: i, K, B, Q, B0, Q0 and R.
    function getPMMStateForCall()
        external
        view
        returns (uint256 i, uint256 K, uint256 B, uint256 Q, uint256 B0, uint256 Q0, uint256 R);

    /// The price of an infinitely small trade, now. A flash loan moves it within a
    /// transaction: whoever decides by a price asks blockRange.
    function getMidPrice() external view returns (uint256 midPrice);

    /// The lowest and highest price that stood in a block, at its start or after any change
    /// in it, and the price it closed with. It starts with the close of the block before, so a
    /// block in which nothing happened has low = high = close; of the block under way the
    /// answer is as of now. Reverts for a block to come, for one from before the pool's memory
    /// of 64 blocks with changes, and for one in which the pool had no price for a while.
    ///
    /// Who pushes the price and takes it back within a block cannot keep the fair price out
    /// of the range: the block started with it. And who pushes it at the end of a block and
    /// takes it back in the next has shown the fair price in both.
    function blockRange(uint256 blockNumber) external view returns (uint256 low, uint256 high, uint256 close);

    /// Sum of price x seconds as of the last change; 0 for a pool opened without TWAP. The
    /// price after a change is charged to the time before it, as DODO does: manipulable.
    function _BASE_PRICE_CUMULATIVE_LAST_() external view returns (uint256);

    /// What a sale would give, net of both fees. The trader does not matter.
    function querySellBase(address trader, uint256 payBaseAmount)
        external
        view
        returns (uint256 receiveQuoteAmount, uint256 mtFee, PMM.RState newRState, uint256 newBaseTarget);
    function querySellQuote(address trader, uint256 payQuoteAmount)
        external
        view
        returns (uint256 receiveBaseAmount, uint256 mtFee, PMM.RState newRState, uint256 newQuoteTarget);

    /// Sells what was transferred to the pool since its last change, and sends the proceeds
    /// to an account. The transfer and this call belong in one transaction.
    function sellBase(address to) external returns (uint256 receiveQuoteAmount);
    function sellQuote(address to) external returns (uint256 receiveBaseAmount);
}
