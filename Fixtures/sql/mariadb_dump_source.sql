CREATE TABLE kinds (
  id int(11) NOT NULL AUTO_INCREMENT,
  ti tinyint(4) DEFAULT NULL, tu tinyint(3) unsigned DEFAULT NULL, si smallint(6) DEFAULT NULL, mi mediumint(9) DEFAULT NULL,
  bi bigint(20) DEFAULT NULL, bu bigint(20) unsigned DEFAULT NULL, z int(6) unsigned zerofill DEFAULT NULL,
  fl float DEFAULT NULL, db double DEFAULT NULL, de decimal(65,30) DEFAULT NULL, d2 decimal(10,2) NOT NULL DEFAULT 0.00,
  bt bit(9) DEFAULT b'101', b1 tinyint(1) NOT NULL DEFAULT 1,
  da date DEFAULT NULL, dt datetime(6) DEFAULT NULL, ts timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(), tm time(3) DEFAULT NULL, yr year(4) DEFAULT NULL,
  ch char(10) DEFAULT NULL, vc varchar(100) NOT NULL DEFAULT 'it''s \\ "x"', vb varbinary(50) DEFAULT NULL, bn binary(4) DEFAULT NULL,
  tx text DEFAULT NULL, mt mediumtext DEFAULT NULL, lt longtext DEFAULT NULL, bl blob DEFAULT NULL, lb longblob DEFAULT NULL,
  en enum('a','b','it''s') DEFAULT 'a', se set('x','y','z') DEFAULT NULL, js longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(js)),
  ci varchar(20) COLLATE utf8mb4_bin DEFAULT NULL, la varchar(20) CHARACTER SET latin1 DEFAULT NULL,
  PRIMARY KEY (id), UNIQUE KEY u1 (ti, ch), KEY k1 (vc(10)), KEY k2 (da DESC, si), KEY k3 (bl(20)), FULLTEXT KEY ft (tx)
) ENGINE=InnoDB AUTO_INCREMENT=100 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='all kinds';
SET sql_mode='';
INSERT INTO kinds VALUES
 (1,-128,255,-32768,8388607,-9223372036854775808,18446744073709551615,42,1.5,-1.7976931348623157e308,12345678901234567890123456789012345.123456789012345678901234567890,-99999999.99,b'111111111',0,'2024-02-29','2024-02-29 12:34:56.789012','2024-02-29 10:00:00','-838:59:59.000',2155,'abc','quote '' back \\ nl \n tab \t nul \0 x','\0\n\'"\\',x'00ff0d0a','text\r\nline','m','l',x'000102ff27225c','bb','it''s','x,z','{"a": [1, "é"]}','Abc','é'),
 (2,127,0,32767,-8388608,9223372036854775807,0,0,-3.4e38,2.2250738585072014e-308,-0.000000000000000000000000000001,0.01,b'0',1,'0000-00-00','0000-00-00 00:00:00.000000','2001-01-01 00:00:00','838:59:59.000',1901,'','','',x'',NULL,NULL,NULL,'',NULL,'','','[]','aBC',''),
 (3,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,2,NULL,NULL,'2020-06-15 23:59:59',NULL,NULL,'é😀','emoji 😀 漢字','abc','abcd','😀','','','','','b','y',NULL,NULL,NULL);
CREATE TABLE parent (id int NOT NULL PRIMARY KEY, name varchar(30) DEFAULT NULL, UNIQUE KEY nm (name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE child (id int NOT NULL PRIMARY KEY, pid int DEFAULT NULL, pname varchar(30) DEFAULT NULL, KEY pid (pid), CONSTRAINT child_p FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE SET NULL, CONSTRAINT child_n FOREIGN KEY (pname) REFERENCES parent (name) ON DELETE NO ACTION) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE a_self (id int NOT NULL PRIMARY KEY, up int DEFAULT NULL, CONSTRAINT self_up FOREIGN KEY (up) REFERENCES a_self (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO parent VALUES (1,'one'),(2,'two'),(3,NULL);
INSERT INTO child VALUES (1,1,'one'),(2,2,NULL),(3,NULL,'two');
SET foreign_key_checks=0; INSERT INTO a_self VALUES (5,6),(6,NULL); SET foreign_key_checks=1;
CREATE TABLE gen (a int DEFAULT NULL, b int GENERATED ALWAYS AS (a + 1) VIRTUAL, c varchar(30) GENERATED ALWAYS AS (concat('x',a)) STORED, d int DEFAULT (1 + 2), CONSTRAINT pos CHECK (a > 0), KEY b (b)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO gen (a) VALUES (1),(2),(NULL);
CREATE TABLE `odd ``name` (`select` int DEFAULT NULL, `a b` int DEFAULT NULL, `é` int DEFAULT NULL, KEY `k-1` (`a b`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
INSERT INTO `odd ``name` VALUES (1,2,3);
CREATE TABLE empty_one (x int DEFAULT NULL) ENGINE=MyISAM DEFAULT CHARSET=latin1;
CREATE VIEW v_simple AS SELECT id, vc AS text FROM kinds WHERE id > 1;
CREATE VIEW a_join AS SELECT p.name, count(*) AS n FROM parent p JOIN child c ON c.pid = p.id GROUP BY p.name ORDER BY n DESC;
