// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PoolConfig} from "./Pool.sol";
import {PrivatePool} from "./PrivatePool.sol";
import {PublicPool} from "./PublicPool.sol";

// The code of both pools in one factory would exceed what a chain admits (EIP-170), so each
// has a contract that does nothing but deploy it. Anybody may: a pool knows no opener.

contract PublicOpener {
    function open(PoolConfig calldata c) external returns (address) {
        return address(new PublicPool(c));
    }
}

contract PrivateOpener {
    function open(PoolConfig calldata c, address owner, address trader) external returns (address) {
        return address(new PrivatePool(c, owner, trader));
    }
}
