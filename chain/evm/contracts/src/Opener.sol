// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolConfig} from "./Pool.sol";
import {PrivatePool} from "./PrivatePool.sol";
import {PublicPool} from "./PublicPool.sol";

/// Deploys public pools, for anybody: a pool does not know who opened it. The code of both
/// kinds in one factory would exceed what a chain admits of one contract (EIP-170).
contract PublicOpener {
    function open(PoolConfig calldata c) external returns (address) {
        return address(new PublicPool(c));
    }
}

/// Deploys private pools, for anybody.
contract PrivateOpener {
    function open(PoolConfig calldata c, address owner, address trader) external returns (address) {
        return address(new PrivatePool(c, owner, trader));
    }
}
